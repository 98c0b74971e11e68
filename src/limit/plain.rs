//! What a verdict means, for readers who have not met the regimes.

use super::{Classification, Phase, Regime};

impl Classification {
    /// What becomes of the network, in a few sentences without formulas; true where the verdict is, and no proof is claimed that the
    /// verdict does not have.
    ///
    /// Source: the regimes of Radhakrishnan, Belkin and Uhler (2022), and, in the ordered phase, this library's own limit.
    ///
    /// ```
    /// use deeplimit::{Activation, Effort};
    /// let relu = "relu".parse::<Activation>()?.classify(&Effort::default())?;
    /// assert!(relu.explanation().starts_with("Every new point gets the label that most training points have"));
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn explanation(&self) -> String {
        let c = self;
        let text = match c.regime {
            Regime::Linear => {
                "The network is linear at every depth: its kernel is the inner product of the inputs, and more layers change nothing."
            }
            Regime::Singular => {
                "Each training point votes for its own label, with a weight that falls like a power of its distance and is infinite \
                 at the point itself. So the classifier takes the training labels where they were given, and averages between them."
            }
            Regime::NearestNeighbour => {
                "Each new point gets the label of the training point that is nearest to it: the kernel of any other is smaller without \
                 bound."
            }
            Regime::Majority => {
                "Every new point gets the label that most training points have: with depth the kernel forgets where the inputs are."
            }
            Regime::Ordered => {
                "All inputs become alike, exponentially fast. What is left of their differences still decides: the classifier \
                 interpolates the training labels with a kernel that is only conditionally definite."
            }
            Regime::Flow => {
                "The branches get weaker with depth just so fast that all layers together act as a flow for a finite time: the deep kernel is \
                 as rich as that of a shallow network."
            }
            Regime::Frozen => {
                "The branches get weaker so fast that the inputs pass through unchanged: the deep kernel is that of one hidden layer."
            }
            Regime::Undecided => {
                "It was not decided what becomes of this network. What is known stands below, and what a proof still needs."
            }
        };
        let more = match (c.regime, c.phase) {
            (Regime::Majority, Some(Phase::Chaotic)) => {
                " Inputs that differ end at the same correlation, however near they were at first: the phase is chaotic."
            }
            (Regime::Majority, Some(Phase::EdgeOfChaos)) => {
                " Inputs become alike, but only as a power of the depth: this is the edge of chaos."
            }
            _ => "",
        };
        let doubt = match (c.proved, c.regime) {
            (true, _) | (_, Regime::Undecided) => "",
            (false, _) => " This rests on numbers that look like an equality, and is not proved.",
        };
        format!("{text}{more}{doubt}")
    }
}
