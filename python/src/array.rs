//! Arrays in and out.
