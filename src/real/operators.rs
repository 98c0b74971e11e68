//! The eighteen operator impls of a number type from five functions.

/// Negation and the four operations of a type that owns memory. The `_into` forms may use the memory
/// of `self` for the result; they give the same value as the plain forms.
pub(super) trait Arithmetic: Sized {
    fn negated(self) -> Self;
    fn sum(&self, other: &Self) -> Self;
    fn difference(&self, other: &Self) -> Self;
    fn product(&self, other: &Self) -> Self;
    fn quotient(&self, other: &Self) -> Self;
    fn sum_into(self, other: &Self) -> Self {
        self.sum(other)
    }
    fn difference_into(self, other: &Self) -> Self {
        self.difference(other)
    }
    fn product_into(self, other: &Self) -> Self {
        self.product(other)
    }
    fn quotient_into(self, other: &Self) -> Self {
        self.quotient(other)
    }
}

macro_rules! binary_operator {
    ($T:ty, $Op:ident, $op:ident, $plain:ident, $into:ident, $reversed:expr) => {
        impl std::ops::$Op<&$T> for &$T {
            type Output = $T;
            fn $op(self, other: &$T) -> $T {
                Arithmetic::$plain(self, other)
            }
        }
        impl std::ops::$Op<&$T> for $T {
            type Output = $T;
            fn $op(self, other: &$T) -> $T {
                Arithmetic::$into(self, other)
            }
        }
        impl std::ops::$Op<$T> for $T {
            type Output = $T;
            fn $op(self, other: $T) -> $T {
                Arithmetic::$into(self, &other)
            }
        }
        impl std::ops::$Op<$T> for &$T {
            type Output = $T;
            fn $op(self, other: $T) -> $T {
                let reversed: fn(&$T, $T) -> $T = $reversed;
                reversed(self, other)
            }
        }
    };
}

/// `+ - * /` and unary `-` on values and references, from [`Arithmetic`].
macro_rules! operators {
    ($T:ty) => {
        impl std::ops::Neg for $T {
            type Output = $T;
            fn neg(self) -> $T {
                Arithmetic::negated(self)
            }
        }
        impl std::ops::Neg for &$T {
            type Output = $T;
            fn neg(self) -> $T {
                Arithmetic::negated(self.clone())
            }
        }
        binary_operator!($T, Add, add, sum, sum_into, |a, b| b.sum_into(a));
        binary_operator!($T, Sub, sub, difference, difference_into, |a, b| b
            .difference_into(a)
            .negated());
        binary_operator!($T, Mul, mul, product, product_into, |a, b| b
            .product_into(a));
        binary_operator!($T, Div, div, quotient, quotient_into, |a, b| a.quotient(&b));
    };
}

pub(super) use {binary_operator, operators};
