//! PyTorch and JAX.
