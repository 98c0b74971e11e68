//! Whole sessions of the command line, in one binary: the program is linked once more, and not once for every subject. What
//! compares with files that are recorded (`readme`, `goldens`) stands beside it.
//!
//! Tests run at the same time in one process: none changes its environment or its folder, and every folder that one writes in has
//! the subject in its name.

mod answers;
mod blocks;
mod cache;
mod cntk;
mod data;
mod design;
mod designs;
mod dynamics;
mod emit;
mod entries;
mod identities;
mod limits;
mod networks;
mod odd_files;
mod odd_pictures;
mod pages;
mod papers;
mod plots;
mod regress;
mod rows;
mod scales;
mod session;
mod spectra;
#[cfg(unix)]
mod store;
mod support;
mod syntax;
mod typed;
