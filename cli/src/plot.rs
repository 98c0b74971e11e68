//! The library's SVG as PNG and PDF, set with the two fonts that the program brings: the same picture on every machine.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use svg2pdf::{ConversionOptions, PageOptions};

/// Arimo, of which only the letters that figures use are left (`fonts/README.md`).
const FONTS: [&[u8]; 2] = [
    include_bytes!("../fonts/Arimo-Regular.ttf"),
    include_bytes!("../fonts/Arimo-Italic.ttf"),
];
/// Pixels for each point of a PNG.
const SCALE: f32 = 3.0;

fn tree(svg: &str) -> Result<Tree, String> {
    static DATABASE: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let fonts = DATABASE.get_or_init(|| {
        let mut fonts = fontdb::Database::new();
        for font in FONTS {
            fonts.load_font_data(font.to_vec());
        }
        Arc::new(fonts)
    });
    let options = Options {
        font_family: "Arimo".to_owned(),
        fontdb: Arc::clone(fonts),
        ..Options::default()
    };
    Tree::from_str(svg, &options).map_err(|e| e.to_string())
}

/// As PNG, three pixels a point, with smooth edges.
pub fn png(svg: &str) -> Result<Vec<u8>, String> {
    let tree = tree(svg)?;
    let size = tree.size().to_int_size();
    let size = size.scale_by(SCALE).ok_or("the picture has no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or("the picture is too large")?;
    let scale = Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, scale, &mut pixels.as_mut());
    pixels.encode_png().map_err(|e| e.to_string())
}

/// As PDF, its letters as letters.
pub fn pdf(svg: &str) -> Result<Vec<u8>, String> {
    svg2pdf::to_pdf(
        &tree(svg)?,
        ConversionOptions::default(),
        PageOptions::default(),
    )
    .map_err(|e| e.to_string())
}
