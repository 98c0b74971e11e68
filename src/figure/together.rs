//! Several activations in one frame.

use super::activation::Sitter;
use super::{Curve, Figure, Look};
use crate::error::{Error, Result};

/// The first curve of each, with what goes on with it, under the activation's name.
pub(super) fn together(
    sitters: &[Sitter],
    draw: impl Fn(&Sitter) -> Result<Figure>,
) -> Result<Figure> {
    let mut whole: Option<Figure> = None;
    let mut remarks = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let mut refused = None;
    for sitter in sitters {
        let mut figure = match draw(sitter) {
            Err(timeout @ Error::Timeout { .. }) => return Err(timeout),
            Err(reason) => {
                remarks.push(format!("{}: {reason}", sitter.name));
                refused = refused.or(Some(reason));
                continue;
            }
            Ok(figure) => figure,
        };
        let repels = |c: &Curve| c.look == Look::Dashed && c.name.starts_with("q* repels");
        if figure.series.first().is_some_and(repels) {
            remarks.push(format!(
                "{}: no q* up to 9 attracts where chi_1 = 1",
                sitter.name
            ));
            continue;
        }
        names.push(&sitter.name);
        let of = |remark: String| format!("{}: {remark}", sitter.name);
        remarks.extend(std::mem::take(&mut figure.remarks).into_iter().map(of));
        let mut curves = std::mem::take(&mut figure.series);
        let end = curves[1..]
            .iter()
            .position(|c| !c.name.is_empty())
            .map_or(curves.len(), |n| n + 1);
        let guides = curves.split_off(end);
        curves[0].name.clone_from(&sitter.name);
        if curves[0].look == Look::Dashed {
            curves[0].look = Look::Line;
        }
        let whole = whole.get_or_insert(figure);
        let first = whole.series.is_empty();
        let at = whole.series.iter().position(|c| c.look == Look::Guide);
        let at = at.unwrap_or(whole.series.len());
        whole.series.splice(at..at, curves);
        // the diagonal is that of all
        whole.series.extend(
            guides
                .into_iter()
                .filter(|c| first && c.look == Look::Guide && c.name == "identity"),
        );
    }
    let Some(mut whole) = whole else {
        let none = || {
            Error::Domain(match remarks.is_empty() {
                true => "there is no activation".to_owned(),
                false => remarks.join("; "),
            })
        };
        return Err(refused.unwrap_or_else(none));
    };
    whole.x.ends = whole.x.ends.filter(|_| whole.square);
    whole.y.ends = whole.y.ends.filter(|_| whole.square);
    let what = match whole.name.as_str() {
        "activation" => "Activations, each with E phi(Z)^2 = 1",
        "spectrum" => "Hermite spectra p_n = a_n^2/E phi(Z)^2",
        "dual" => "Duals",
        "kernel" => "Tangent kernels of infinitely many layers",
        "convergence" => "Distance of the tangent kernel from its limit at rho = 1/2",
        "oscillation" => "R(u) near equal inputs",
        _ => "The edge of chaos",
    };
    whole.title = format!("{what}: {}", names.join(", "));
    whole.remarks = remarks;
    Ok(whole)
}
