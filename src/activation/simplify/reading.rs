//! Tree to form.

use std::collections::{BTreeMap, HashMap};

use rug::Rational;

use super::form::{Form, Monomial, has_unknown, is_positive, is_sum, may_cancel, within_bits};
use super::{DEGREE, writing};
use crate::activation::catalogue;
use crate::activation::expr::{BinaryOp, Condition, Constant, Expr, Function};

/// Powers of sums are multiplied out, in a proof, up to this exponent.
pub(super) const PROOF_POWER: i64 = 64;
/// So many multiplications of terms may be spent on making one sum shorter.
const CONTRACTION_PAIRS: usize = 2_000;
/// A proof gives up when it has written or multiplied this much.
const PROOF_WORK: usize = 100_000;

/// Reads trees into forms.
///
/// There are two manners. To *simplify*, it keeps what numerical evaluation likes: a sum that is a
/// factor stays a factor unless it is a small polynomial. To *prove* (`bold`), it multiplies
/// everything out and rewrites functions by each other, because only the question "is it zero?"
/// remains.
pub(super) struct Reader {
    pub degree: u32,
    pub bold: bool,
    known: HashMap<Expr, Form>,
    /// What is inside the atoms that are sums.
    pub sums: HashMap<Expr, Form>,
    /// What a proof may still spend.
    work: usize,
}

impl Reader {
    pub fn new(degree: u32, bold: bool) -> Reader {
        Reader {
            degree,
            bold,
            known: HashMap::new(),
            sums: HashMap::new(),
            work: PROOF_WORK,
        }
    }

    /// The form of a tree. Where the arithmetic refuses (too large, not defined), the node becomes an
    /// atom over simplified children.
    pub fn read(&mut self, e: &Expr) -> Form {
        match e {
            Expr::Number(q) => return Form::constant((**q).clone()),
            Expr::Constant(Constant::Pi) | Expr::Letter(_) | Expr::X => {
                return Form::atom(e.clone());
            }
            Expr::Constant(Constant::E) => {
                return Form::atom(Expr::call(Function::Exp, Expr::int(1)));
            }
            _ => {}
        }
        if let Some(form) = self.known.get(e) {
            return form.clone();
        }
        if self.bold && self.work == 0 {
            return Form::atom(e.clone());
        }
        let bold = self.bold;
        // Between constants nothing cancels because of x.
        self.bold = bold && !e.is_constant();
        let form = self.node(e).unwrap_or_else(|| self.opaque(e));
        if self.bold {
            let atoms = form.terms.keys().flat_map(|m| &m.0);
            let written: usize = atoms.map(|(atom, _)| atom.size()).sum();
            self.work = self.work.saturating_sub(written);
        }
        self.bold = bold;
        self.known.insert(e.clone(), form.clone());
        form
    }

    /// The simplified tree of a tree.
    pub fn tree(&mut self, e: &Expr) -> Expr {
        writing::tree(&self.read(e))
    }

    fn opaque(&mut self, e: &Expr) -> Form {
        let children: Vec<Expr> = e.children().into_iter().cloned().collect();
        let children: HashMap<Expr, Expr> = children
            .into_iter()
            .map(|c| (c.clone(), self.tree(&c)))
            .collect();
        Form::atom(e.with_children(|child| children[child].clone()))
    }

    fn node(&mut self, e: &Expr) -> Option<Form> {
        match e {
            Expr::Number(_) | Expr::Constant(_) | Expr::Letter(_) | Expr::X => None,
            Expr::Mean(f) => {
                let form = self.read(f);
                let f = writing::tree(&form);
                Some(if f.is_constant() {
                    form
                } else {
                    Form::atom(f.mean())
                })
            }
            Expr::Neg(_) | Expr::Binary(BinaryOp::Add | BinaryOp::Sub, ..) => self.sum(e),
            Expr::Binary(BinaryOp::Mul | BinaryOp::Div, ..) => self.factors(e),
            Expr::Binary(BinaryOp::Pow, a, b) => {
                let (a, b) = (self.read(a), self.read(b));
                self.power(&a, &b)
            }
            Expr::Call(function, args) => {
                let args: Vec<Form> = args.iter().map(|a| self.read(a)).collect();
                self.call(*function, &args)
            }
            Expr::If(c, a, b) => self.conditional(c, a, b),
            Expr::Named(name, args) => {
                catalogue::entry(name)?;
                // The hole of sinc is mended by its name only.
                let mended = *name == "sinc" && args[0].is_constant();
                if mended && self.read(&args[0]).is_zero() {
                    return Some(Form::constant(Rational::from(1)));
                }
                let constant = args.iter().all(Expr::is_constant);
                let trivial = *name == "identity" || e.hermite_index().is_some_and(|n| n < 2);
                if !mended && (self.bold || constant || trivial) {
                    return Some(self.read(&e.written_out()));
                }
                let args = args.iter().map(|a| self.tree(a)).collect();
                Some(Form::atom(Expr::Named(name, args)))
            }
        }
    }

    fn sum(&mut self, e: &Expr) -> Option<Form> {
        let mut total = Form::default();
        let mut waiting = vec![(e, 1)];
        while let Some((e, sign)) = waiting.pop() {
            match e {
                Expr::Neg(a) => waiting.push((a, -sign)),
                Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), a, b) => {
                    waiting.push((a, sign));
                    waiting.push((b, if *op == BinaryOp::Add { sign } else { -sign }));
                }
                _ => {
                    let form = self.read(e);
                    total.add(&form, &Rational::from(sign))?;
                }
            }
        }
        let flat = self.flattened(total)?;
        Some(if self.bold {
            flat
        } else {
            self.contracted(flat)
        })
    }

    /// Terms that are nothing but a multiple of a sum become the terms of that sum. A single such
    /// term keeps its factor outside unless that is a sign.
    pub fn flattened(&self, mut form: Form) -> Option<Form> {
        loop {
            let alone = form.terms.len() == 1;
            let lone = form.terms.iter().find_map(|(m, c)| match &m.0[..] {
                [(atom, n)] if *n == 1 && (!alone || *c == 1 || *c == -1) => self
                    .sums
                    .get(atom)
                    .map(|inside| (m.clone(), c.clone(), inside)),
                _ => None,
            });
            let Some((monomial, coefficient, inside)) = lone else {
                return Some(form);
            };
            form.terms.remove(&monomial);
            form.add(inside, &coefficient)?;
        }
    }

    /// Multiplied out, where that makes the sum shorter: `x*(1+tanh(x))-x` is `x*tanh(x)`.
    fn contracted(&self, form: Form) -> Form {
        if form.terms.len() < 2 || !form.terms.keys().any(|m| self.expands(m)) {
            return form;
        }
        let Some(flat) = self.multiplied_out(&form, &mut CONTRACTION_PAIRS.clone()) else {
            return form;
        };
        match writing::tree(&flat).size() < writing::tree(&form).size() {
            true => flat,
            false => form,
        }
    }

    /// Every sum that is a factor multiplied out, unless that takes more than `pairs` multiplications of
    /// terms or makes a polynomial beyond the degree allowed.
    pub fn multiplied_out(&self, form: &Form, pairs: &mut usize) -> Option<Form> {
        let mut total = Form::default();
        for (monomial, coefficient) in &form.terms {
            let divided = divides(monomial);
            let mut product = Form::constant(coefficient.clone());
            let mut multiply = |product: &Form, factor: &Form| {
                *pairs = pairs.checked_sub(product.terms.len() * factor.terms.len())?;
                product.distributed(factor)
            };
            for (atom, exponent) in &monomial.0 {
                match self.sums.get(atom) {
                    Some(inside) if is_expandable(exponent) && !divided => {
                        for _ in 0..exponent.numer().to_i64()? {
                            product = multiply(&product, inside)?;
                        }
                    }
                    _ => {
                        let monomial = Monomial::atom(atom.clone(), exponent.clone());
                        product = multiply(&product, &Form::term(monomial, Rational::from(1)))?;
                    }
                }
            }
            if product.terms.len() > 1
                && product
                    .terms
                    .keys()
                    .any(|m| m.degree() > self.degree.max(DEGREE))
            {
                return None;
            }
            // What was inside may itself have sums as factors.
            if product.terms.len() > 1 && product.terms.keys().any(|m| self.expands(m)) {
                product = self.multiplied_out(&product, pairs)?;
            }
            total.add(&product, &Rational::from(1))?;
        }
        Some(total)
    }

    /// Has the monomial a sum as a factor that may be multiplied out?
    fn expands(&self, monomial: &Monomial) -> bool {
        let factors = || {
            monomial
                .0
                .iter()
                .filter(|(a, n)| is_expandable(n) && self.sums.contains_key(a))
        };
        !divides(monomial) && factors().next().is_some()
    }

    pub fn product(&mut self, a: &Form, b: &Form) -> Option<Form> {
        if self.bold {
            self.work = self.work.saturating_sub(a.terms.len() * b.terms.len());
            return a.distributed(b);
        }
        if let Some(product) = self.small_polynomial(a, b) {
            return Some(product);
        }
        let ((c, m), (d, n)) = (self.factor(a)?, self.factor(b)?);
        let (more, monomial) = m.times(&n)?;
        self.one_term(c * d * more, monomial)
    }

    fn small_polynomial(&self, a: &Form, b: &Form) -> Option<Form> {
        let (p, q) = (a.polynomial()?, b.polynomial()?);
        let small = (p.len() + q.len()) as u32 <= self.degree.saturating_add(2)
            || p.len() < 2
            || q.len() < 2;
        small.then(|| a.distributed(b))?
    }

    fn one_term(&mut self, coefficient: Rational, monomial: Monomial) -> Option<Form> {
        let (more, monomial) = self.with_one_polynomial(monomial)?;
        let (again, monomial) = self.reduced(monomial)?;
        self.flattened(Form::term(monomial, coefficient * more * again))
    }

    /// A chain of products and quotients, all its factors at once.
    fn factors(&mut self, e: &Expr) -> Option<Form> {
        let mut parts = Vec::new();
        let mut waiting = vec![(e, false)];
        while let Some((e, below)) = waiting.pop() {
            match e {
                // The divisor of a divisor would be a factor.
                Expr::Binary(BinaryOp::Div, _, b) if below && has_unknown(b) => return None,
                // Pushed in this order, they are popped from left to right.
                Expr::Binary(op @ (BinaryOp::Mul | BinaryOp::Div), a, b) => {
                    waiting.push((b, below != (*op == BinaryOp::Div)));
                    waiting.push((a, below));
                }
                // Below the line a power is not multiplied out.
                Expr::Binary(BinaryOp::Pow, base, n) if below => {
                    let form = self.read(base);
                    let n = n.as_rational().filter(|n| n.is_integer() && *n > 0);
                    parts.push(match n.and_then(|n| n.numer().to_i64()) {
                        Some(n) => self.integer_power(&form, -n)?,
                        None => {
                            let form = self.read(e);
                            self.integer_power(&form, -1)?
                        }
                    });
                }
                _ => {
                    let form = self.read(e);
                    parts.push(match below {
                        true => self.integer_power(&form, -1)?,
                        false => form,
                    });
                }
            }
        }
        if self.bold {
            let one = Form::constant(Rational::from(1));
            return parts
                .into_iter()
                .try_fold(one, |product, part| self.product(&product, &part));
        }
        let mut polynomial = Form::constant(Rational::from(1));
        let mut coefficient = Rational::from(1);
        let mut powers: BTreeMap<Expr, Rational> = BTreeMap::new();
        for part in &parts {
            match self.small_polynomial(&polynomial, part) {
                Some(product) => polynomial = product,
                None => {
                    let (c, monomial) = self.factor(part)?;
                    coefficient = within_bits(coefficient * c)?;
                    for (atom, q) in monomial.0 {
                        let known = powers.get(&atom);
                        if known.is_some_and(|p| !may_cancel(&atom, p, &q)) {
                            return None;
                        }
                        *powers.entry(atom).or_default() += q;
                    }
                }
            }
        }
        if powers.is_empty() {
            return Some(polynomial.scaled(&coefficient));
        }
        // Raising to the first power brings the exponents of radicals back between 0 and 1.
        let powers = Monomial(powers.into_iter().filter(|(_, q)| *q != 0).collect());
        let (more, monomial) = powers.power(&Rational::from(1))?;
        let (c, polynomial) = self.factor(&polynomial)?;
        let (again, monomial) = monomial.times(&polynomial)?;
        self.one_term(within_bits(coefficient * c * more * again)?, monomial)
    }

    /// A form as coefficient times monomial, a sum as an atom that is primitive and begins with plus.
    pub fn factor(&mut self, form: &Form) -> Option<(Rational, Monomial)> {
        if let Some((monomial, coefficient)) = form.single() {
            return Some((coefficient.clone(), monomial.clone()));
        }
        if form.is_zero() {
            return Some((Rational::new(), Monomial::default()));
        }
        let (content, common) = form.content(self.bold)?;
        let primitive = form.divided(&content, &common)?;
        let atom = writing::tree(&primitive);
        if !is_sum(&atom) {
            return None;
        }
        self.sums.insert(atom.clone(), primitive);
        let (more, monomial) = common.times(&Monomial::atom(atom, Rational::from(1)))?;
        Some((content * more, monomial))
    }

    /// Polynomial factors above the line multiplied into one, while the degree allows it. (Below it the
    /// factors show where the zeros are.)
    fn with_one_polynomial(&mut self, monomial: Monomial) -> Option<(Rational, Monomial)> {
        let above = self.polynomials(&monomial, false);
        let degree: i64 = above
            .iter()
            .map(|(_, n, p)| (p.len() as i64 - 1).saturating_mul(*n))
            .sum();
        if above.iter().map(|(_, n, _)| n).sum::<i64>() < 2 || degree > i64::from(self.degree) {
            return Some((Rational::from(1), monomial));
        }
        let mut product = Form::constant(Rational::from(1));
        for (_, n, p) in &above {
            for _ in 0..*n {
                product = product.distributed(&Form::from_polynomial(p.clone()))?;
            }
        }
        let (content, joined) = self.factor(&product)?;
        let mut rest = monomial;
        rest.0
            .retain(|(atom, _)| !above.iter().any(|(part, ..)| part == atom));
        let (more, monomial) = rest.times(&joined)?;
        Some((content * more, monomial))
    }

    /// The factors that are sums and polynomials, above or below the line: atom, exponent, coefficients.
    fn polynomials(&self, monomial: &Monomial, below: bool) -> Vec<(Expr, i64, Vec<Rational>)> {
        let part = |(atom, n): &(Expr, Rational)| {
            let p = self.sums.get(atom)?.polynomial()?;
            let n = n.numer().to_i64().filter(|n| (*n < 0) == below)?;
            Some((atom.clone(), n, p))
        };
        monomial.0.iter().filter_map(part).collect()
    }

    /// Polynomials above the line divided by those below, where that leaves no remainder.
    fn reduced(&mut self, monomial: Monomial) -> Option<(Rational, Monomial)> {
        let (above, below) = (
            self.polynomials(&monomial, false),
            self.polynomials(&monomial, true),
        );
        for (dividend, n, p) in above.iter().filter(|(_, n, _)| *n == 1) {
            for (divisor, _, q) in &below {
                if let Some(quotient) = exact_quotient(p, q) {
                    let (content, quotient) = self.factor(&Form::from_polynomial(quotient))?;
                    let without = |m: &Monomial, atom: &Expr, n: i64| {
                        m.times(&Monomial::atom(atom.clone(), Rational::from(n)))
                    };
                    let (_, rest) = without(&monomial, dividend, -n)?;
                    let (_, rest) = without(&rest, divisor, 1)?;
                    let (more, rest) = rest.times(&quotient)?;
                    let (again, rest) = self.reduced(rest)?;
                    return Some((content * more * again, rest));
                }
            }
        }
        Some((Rational::from(1), monomial))
    }

    fn conditional(&mut self, condition: &Condition, a: &Expr, b: &Expr) -> Option<Form> {
        let (left, right) = (self.read(&condition.left), self.read(&condition.right));
        let mut difference = left.clone();
        difference.add(&right, &Rational::from(-1))?;
        if let Some(q) = self.flattened(difference)?.rational() {
            let holds = condition.relation.holds(q.cmp0());
            return Some(self.read(if holds { a } else { b }));
        }
        let (a, b) = (self.read(a), self.read(b));
        if a == b {
            return Some(a);
        }
        let condition = Condition {
            left: writing::tree(&left),
            relation: condition.relation,
            right: writing::tree(&right),
        };
        Some(Form::atom(Expr::conditional(
            condition,
            writing::tree(&a),
            writing::tree(&b),
        )))
    }

    pub fn inside(&self, atom: &Expr) -> Option<&Form> {
        self.sums.get(atom)
    }
}

/// Is it divided by something that may vanish? Then its summands could be infinite where it is not.
fn divides(monomial: &Monomial) -> bool {
    monomial
        .0
        .iter()
        .any(|(a, n)| *n < 0 && !is_positive(a) && !a.is_constant())
}

fn is_expandable(exponent: &Rational) -> bool {
    exponent.is_integer() && *exponent > 0 && *exponent <= PROOF_POWER
}

/// The quotient of two polynomials, if there is no remainder.
fn exact_quotient(p: &[Rational], q: &[Rational]) -> Option<Vec<Rational>> {
    let leading = q.last()?;
    let degree = p.len().checked_sub(q.len())?;
    let mut rest = p.to_vec();
    let mut quotient = vec![Rational::new(); degree + 1];
    for k in (0..=degree).rev() {
        let c = Rational::from(&rest[k + q.len() - 1] / leading);
        for (i, b) in q.iter().enumerate() {
            rest[k + i] -= Rational::from(b * &c);
        }
        quotient[k] = c;
    }
    rest.iter().all(|c| *c == 0).then_some(quotient)
}
