//! stub
use super::expr::Expr;
impl Expr {
    pub fn simplify(&self) -> Expr {
        if let Some(q) = self.as_rational() {
            Expr::rational(&q)
        } else {
            self.clone()
        }
    }
    pub(crate) fn tidied(&self) -> Expr {
        self.simplify()
    }
}
