//! Walks through a list by its links, as a client does: the answer's `Link` with `rel="next"` is where the next page is.

/// Where the next page is, seen from the target of this one.
pub(super) fn next(target: &str, link: &str) -> Option<String> {
    link.split('<').skip(1).find_map(|part| {
        let (reference, parameters) = part.split_once('>')?;
        let relation = |parameter: &str| {
            let (name, value) = parameter.split_once('=')?;
            let is_next =
                value.trim().trim_matches('"').split(' ').any(|one| one.eq_ignore_ascii_case("next"));
            (name.trim().eq_ignore_ascii_case("rel") && is_next).then_some(())
        };
        // A comma ends the parameters of a link before the next one.
        parameters.trim_end().trim_end_matches(',').split(';').find_map(relation)?;
        resolve(target, reference)
    })
}

/// The target of a reference: a query alone, a path, or a whole URL.
fn resolve(target: &str, reference: &str) -> Option<String> {
    if reference.starts_with('?') {
        let path = target.split('?').next()?;
        return Some(format!("{path}{reference}"));
    }
    if reference.starts_with('/') && !reference.starts_with("//") {
        return Some(reference.to_owned());
    }
    let (_, rest) = reference.split_once("://")?;
    rest.find('/').map(|path| rest[path..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(link: &str, expected: Option<&str>) {
        assert_eq!(next("/products?limit=20", link).as_deref(), expected, "{link}");
    }

    #[test]
    fn the_next_page_is_where_the_link_says() {
        check(r#"<?after=20&limit=20>; rel="next""#, Some("/products?after=20&limit=20"));
        check("</products?after=20>;rel=next", Some("/products?after=20"));
        check(r#"<http://shop:80/p?a=1>; rel="next""#, Some("/p?a=1"));
        check(
            r#"<?first>; rel="first", <?a=1,2>; title="x"; rel="next", <?z>; rel="last""#,
            Some("/products?a=1,2"),
        );
    }

    #[test]
    fn without_such_a_link_there_is_no_next_page() {
        check(r#"<?before=20>; rel="prev""#, None);
        check("", None);
        check("?after=20", None);
    }
}
