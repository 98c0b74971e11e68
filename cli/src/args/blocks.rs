//! The arguments of networks whose layers differ or are skipped, of `deeplimit classify`, `ntk` and `limit`.

use clap::Args;

/// Which network, where it is not one activation in every layer.
#[derive(Args, Clone, Debug, Default)]
pub struct Blocks {
    /// Layers that differ, as a word: 'tanh gelu', 'relu*3 tanh'
    #[arg(long, value_name = "WORD", conflicts_with = "expressions")]
    pub network: Option<String>,
    /// Residual layers, their branch scaled: 0.3, 1/sqrt(L), 1/L
    #[arg(long, value_name = "SCALE", allow_hyphen_values = true)]
    pub skip: Option<String>,
}

impl Blocks {
    /// What is asked about: the word, or the expressions.
    pub fn texts<'a>(&'a self, expressions: &'a [String]) -> &'a [String] {
        match &self.network {
            Some(word) => std::slice::from_ref(word),
            None => expressions,
        }
    }
}

/// Below the options of the commands that have them.
pub const WORDS: &str = "Layers that differ (--network) are activations with spaces between them,
the first layer first, and the network repeats them; *3 repeats one, or
several in parentheses. --skip makes every layer residual, x + alpha W phi(x),
with a scale alpha that is constant or shrinks with the number of layers L:
1/sqrt(L) is a flow in continuous depth. The tangent kernel of a residual
network is that of Huang et al. (2020), divided by its value for equal inputs
of ReLU: N_L.";
