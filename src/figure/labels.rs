//! Where the names of curves stand: beside the ends of the lines, in a free corner, or below the frame.

/// A rectangle on paper, in points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub fn holds(&self, (x, y): (f64, f64)) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    /// Of this size in this one, at shares of the free room from the left and from the top.
    fn placed(&self, width: f64, height: f64, across: f64, down: f64) -> Area {
        let left = self.left + across * (self.width() - width);
        let top = self.top + down * (self.height() - height);
        Area {
            left,
            top,
            right: left + width,
            bottom: top + height,
        }
    }
}

/// The part of a segment inside of an area (Liang and Barsky 1984).
pub(super) fn clipped(
    area: &Area,
    (x0, y0): (f64, f64),
    (x1, y1): (f64, f64),
) -> Option<[(f64, f64); 2]> {
    let (dx, dy) = (x1 - x0, y1 - y0);
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for (p, q) in [
        (-dx, x0 - area.left),
        (dx, area.right - x0),
        (-dy, y0 - area.top),
        (dy, area.bottom - y0),
    ] {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            from = from.max(q / p);
        } else {
            to = to.min(q / p);
        }
    }
    let at = |t: f64| (x0 + t * dx, y0 + t * dy);
    (from <= to).then(|| [at(from), at(to)])
}

/// Places of names at least `apart` from each other inside `low..=high`, as near to where they would be as can be; with the farthest
/// that one of them is moved.
pub(super) fn spread(wanted: &[f64], apart: f64, low: f64, high: f64) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    // blocks of names that touch, each about the mean of what its names want
    let mut blocks: Vec<(Vec<usize>, f64)> = Vec::new();
    for n in order {
        blocks.push((vec![n], wanted[n]));
        while let [.., (above, a), (below, b)] = blocks.as_slice() {
            let half = (above.len() + below.len()) as f64 / 2.0 * apart;
            if b - a >= half {
                break;
            }
            let joined: Vec<usize> = above.iter().chain(below).copied().collect();
            let middle = joined.iter().map(|n| wanted[*n]).sum::<f64>() / joined.len() as f64;
            blocks.truncate(blocks.len() - 2);
            let half = (joined.len() - 1) as f64 / 2.0 * apart;
            let middle = middle.min(high - half).max(low + half);
            blocks.push((joined, middle));
        }
    }
    let mut places = vec![0.0; wanted.len()];
    for (names, middle) in blocks {
        let first = middle - (names.len() - 1) as f64 / 2.0 * apart;
        for (k, n) in names.iter().enumerate() {
            places[*n] = first + k as f64 * apart;
        }
    }
    let moved = places.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    let farthest = moved.fold(0.0, f64::max);
    (places, farthest)
}

/// Where a block of this size hides nothing, or least: the corners first. With the number of points that it hides.
pub(super) fn free_place(
    frame: &Area,
    (width, height): (f64, f64),
    ink: &[(f64, f64)],
    taken: &[Area],
) -> (Area, usize) {
    let inner = Area {
        left: frame.left + 8.0,
        top: frame.top + 5.0,
        right: frame.right - 6.0,
        bottom: frame.bottom - 7.0,
    };
    let places = [
        (1.0, 0.0),
        (0.0, 0.0),
        (1.0, 1.0),
        (0.0, 1.0),
        (0.5, 0.0),
        (0.5, 1.0),
        (1.0, 0.5),
        (0.0, 0.5),
        (0.75, 0.0),
        (0.25, 0.0),
        (0.75, 1.0),
        (0.25, 1.0),
    ];
    let look = |(across, down): (f64, f64)| {
        let area = inner.placed(width, height, across, down);
        let wide = Area {
            left: area.left - 4.0,
            top: area.top - 3.0,
            right: area.right + 4.0,
            bottom: area.bottom + 3.0,
        };
        let overlaps = |t: &&Area| {
            t.left < wide.right && wide.left < t.right && t.top < wide.bottom && wide.top < t.bottom
        };
        let hidden = ink.iter().filter(|p| wide.holds(**p)).count();
        (area, hidden + 1000 * taken.iter().filter(overlaps).count())
    };
    let all = places.into_iter().map(look);
    let best = all.reduce(|a, b| if b.1 < a.1 { b } else { a });
    best.expect("there are places")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Area = Area {
        left: 0.0,
        top: 0.0,
        right: 100.0,
        bottom: 100.0,
    };

    /// Names keep their distance and their order, and stay inside.
    #[test]
    fn names_are_spread() {
        let wanted = [50.0, 51.0, 49.0, 90.0, 2.0, 99.0];
        let (places, moved) = spread(&wanted, 12.0, 5.0, 95.0);
        let mut sorted = places.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(
            sorted.windows(2).all(|p| p[1] - p[0] > 11.999),
            "{places:?}"
        );
        assert!(places[2] < places[0] && places[0] < places[1] && moved < 15.0);
        assert_eq!(spread(&[10.0, 60.0], 12.0, 0.0, 100.0).1, 0.0);
    }

    #[test]
    fn segments_are_cut_at_the_frame() {
        let cut = clipped(&FRAME, (-50.0, 50.0), (150.0, 50.0)).unwrap();
        assert_eq!(cut, [(0.0, 50.0), (100.0, 50.0)]);
        assert!(clipped(&FRAME, (-1.0, -5.0), (-1.0, 200.0)).is_none());
        let inside = [(1.0, 2.0), (3.0, 4.0)];
        assert_eq!(clipped(&FRAME, inside[0], inside[1]), Some(inside));
    }

    /// A line along the diagonal leaves the corners beside it.
    #[test]
    fn the_free_corner_is_found() {
        let ink: Vec<(f64, f64)> = (0..=100).map(|n| (f64::from(n), f64::from(n))).collect();
        let (area, hidden) = free_place(&FRAME, (30.0, 20.0), &ink, &[]);
        assert!(hidden == 0 && area.left > 60.0 && area.top < 10.0);
        let (other, hidden) = free_place(&FRAME, (30.0, 20.0), &ink, &[area]);
        assert!(hidden == 0 && other.top > 60.0 && other.left < 10.0);
    }
}
