//! The arguments of `deeplimit design`.

use clap::{Args, Subcommand};

use super::Effort;

/// `deeplimit design`.
#[derive(Args, Debug)]
pub struct Design {
    /// What is given
    #[command(subcommand)]
    pub action: DesignAction,
}

/// What the design starts from.
#[derive(Debug, Subcommand)]
pub enum DesignAction {
    /// Find the activation whose kernel is nearest to a given one
    #[command(after_help = KERNEL_HELP)]
    Kernel(DesignKernel),
}

impl DesignAction {
    /// What `--set` says.
    pub fn settings(&self) -> &[String] {
        match self {
            DesignAction::Kernel(args) => &args.effort.set,
        }
    }
}

/// `deeplimit design kernel`.
#[derive(Args, Debug)]
pub struct DesignKernel {
    /// The wanted kernel, as an expression in rho
    #[arg(value_name = "FORMULA")]
    pub kernel: String,
    /// The highest power of rho
    #[arg(long, value_name = "N")]
    pub degree: u32,
    #[command(flatten)]
    pub effort: Effort,
}

/// The help of the command.
pub const HELP: &str = "Examples:
  deeplimit design kernel 'exp(rho-1)' --degree 3";

const KERNEL_HELP: &str = "Examples:
  deeplimit design kernel 'exp(rho-1)' --degree 3";
