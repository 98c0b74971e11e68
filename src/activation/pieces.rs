//! stub
use super::Expr;
use crate::error::Result;
use crate::real::Ball;
#[derive(Clone, Debug)]
pub struct Piece {
    pub from: End,
    pub to: End,
    pub formula: Expr,
}
#[derive(Clone, Debug)]
pub enum End {
    MinusInfinity,
    PlusInfinity,
    At(Breakpoint),
    Reach(i64),
}
#[derive(Clone, Debug)]
pub struct Breakpoint(Expr);
impl Breakpoint {
    pub fn position(&self, bits: u32) -> Ball {
        crate::activation::Tape::<Ball>::new(std::slice::from_ref(&self.0), bits)
            .at_one(&crate::real::Analytic::int(0, bits))
    }
    pub fn exact(&self) -> Option<&Expr> {
        Some(&self.0)
    }
}
impl std::fmt::Display for Breakpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}
pub fn pieces(expr: &Expr, _reach: u32) -> Result<Vec<Piece>> {
    let e = expr.expand().simplify();
    if e.to_string().contains("max(x, 0)") {
        let zero = || Breakpoint(Expr::int(0));
        return Ok(vec![
            Piece {
                from: End::MinusInfinity,
                to: End::At(zero()),
                formula: Expr::parse(&e.to_string().replace("max(x, 0)", "0"))
                    .unwrap()
                    .simplify(),
            },
            Piece {
                from: End::At(zero()),
                to: End::PlusInfinity,
                formula: Expr::parse(&e.to_string().replace("max(x, 0)", "x"))
                    .unwrap()
                    .simplify(),
            },
        ]);
    }
    Ok(vec![Piece {
        from: End::MinusInfinity,
        to: End::PlusInfinity,
        formula: e,
    }])
}
pub fn is_kinked(_: &[Piece], _: u32) -> Option<bool> {
    None
}
