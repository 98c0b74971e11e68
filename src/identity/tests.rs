use super::*;

#[test]
fn the_catalogue_is_in_order() {
    let mut names: Vec<_> = identities().map(|i| i.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a name is there twice");
    assert!(identity("dual_at_one").is_some() && identity("dual").is_none());
    for i in identities() {
        assert!(!i.needs.is_empty(), "{}", i.name);
    }
}
