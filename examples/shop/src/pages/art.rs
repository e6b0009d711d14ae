//! Drawings, as SVG in the page: they take its colours, and no policy has to allow them.

/// The shop's mark: three posts of a palisade.
pub(super) const MARK: &str = include_str!("../../assets/mark.svg");

/// The drawing of a product, or of a parcel where it has none.
pub(super) fn of(slug: &str) -> &'static str {
    match slug {
        "ash-broom" => include_str!("../../assets/art/ash-broom.svg"),
        "brass-lantern" => include_str!("../../assets/art/brass-lantern.svg"),
        "cedar-box" => include_str!("../../assets/art/cedar-box.svg"),
        "oak-stool" => include_str!("../../assets/art/oak-stool.svg"),
        "salt-pot" => include_str!("../../assets/art/salt-pot.svg"),
        "serving-bowl" => include_str!("../../assets/art/serving-bowl.svg"),
        "stoneware-mug" => include_str!("../../assets/art/stoneware-mug.svg"),
        "tall-vase" => include_str!("../../assets/art/tall-vase.svg"),
        _ => include_str!("../../assets/art/parcel.svg"),
    }
}
