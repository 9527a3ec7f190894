//! Every registered route with its operations, found by the path of a request before it is routed. What a request means is
//! looked up once and kept with it ([`Routed`]).

use actix_web::{HttpMessage, HttpRequest, http::Method};
use stockroom_service::Need;

use super::route_policy::{RoutePolicy, Verb};

/// An operation to register.
#[derive(Debug, Clone)]
pub(crate) struct RegisteredOperation {
    pub(crate) verb: Verb,
    /// The pattern of its path, such as `/products/{id}`.
    pub(crate) pattern: String,
    pub(crate) need: Need,
    /// Whether its answers are the same for every caller, and caches may keep them.
    pub(crate) cacheable: bool,
}

/// The place of a route in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RouteId(u16);

/// What a request means: its route, if there is one, and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Routed {
    pub(crate) route: Option<RouteId>,
    /// Whether the route has an operation of the request's method.
    is_operation: bool,
    pub(crate) policy: RoutePolicy,
}

impl Routed {
    const UNKNOWN: Self = Self { route: None, is_operation: false, policy: RoutePolicy::STRICT };

    /// What this request means.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        request.extensions().get().copied().unwrap_or(Self::UNKNOWN)
    }

    /// Whether a handler that needs this of its caller is the one that the table speaks of. Where it is not, the document and
    /// the policies are about something else.
    pub(crate) fn agrees_with(&self, need: Need) -> bool {
        !self.is_operation || self.policy.need == need
    }
}

struct Route {
    pattern: String,
    /// The methods that it has, as `Allow` tells them.
    allowed: String,
    policies: [Option<RoutePolicy>; Verb::COUNT],
    others: RoutePolicy,
}

/// Every registered route.
#[derive(Default)]
pub(crate) struct RouteTable {
    routes: Vec<Route>,
    root: Node,
}

/// A segment of paths. Fixed segments come before parameters, as in routing: `/clients/login` is not the client called "login".
#[derive(Default)]
struct Node {
    fixed: Vec<(Box<str>, Node)>,
    parameter: Option<Box<Node>>,
    route: Option<RouteId>,
}

impl RouteTable {
    /// The table of these operations.
    pub(crate) fn new(operations: impl IntoIterator<Item = RegisteredOperation>) -> Self {
        let mut table = Self::default();
        for RegisteredOperation { verb, pattern, need, cacheable } in operations {
            let policy = RoutePolicy::of(verb, &pattern, need, cacheable);
            table.route_mut(pattern).policies[verb as usize] = Some(policy);
        }
        for route in &mut table.routes {
            let known: Vec<_> = route.policies.iter().flatten().copied().collect();
            route.others = RoutePolicy::of_other_methods(&known);
            route.allowed = allowed(&route.policies);
        }
        table
    }

    fn route_mut(&mut self, pattern: String) -> &mut Route {
        let node = pattern.split('/').skip(1).fold(&mut self.root, Node::child_mut);
        // Far fewer routes are registered than there are ids.
        let next = RouteId(u16::try_from(self.routes.len()).unwrap_or(u16::MAX));
        let RouteId(at) = *node.route.get_or_insert(next);
        if usize::from(at) == self.routes.len() {
            let others = RoutePolicy::STRICT;
            self.routes.push(Route {
                pattern,
                allowed: String::new(),
                policies: [None; Verb::COUNT],
                others,
            });
        }
        &mut self.routes[usize::from(at)]
    }

    /// What a request means. The path is in its canonical form and decoded, as the router reads it.
    pub(crate) fn resolve(&self, method: &Method, path: &str) -> Routed {
        let Some(route) = path.strip_prefix('/').and_then(|path| self.root.find(Some(path))) else {
            return Routed::UNKNOWN;
        };
        let found = &self.routes[usize::from(route.0)];
        let policy = Verb::of(method).and_then(|verb| found.policies[verb as usize]);
        Routed { route: Some(route), is_operation: policy.is_some(), policy: policy.unwrap_or(found.others) }
    }

    /// The pattern of a route, such as `/products/{id}`.
    pub(crate) fn pattern(&self, route: RouteId) -> &str {
        &self.routes[usize::from(route.0)].pattern
    }

    /// The methods of a route, as `Allow` tells them.
    pub(crate) fn allowed(&self, route: RouteId) -> &str {
        &self.routes[usize::from(route.0)].allowed
    }

    /// Lines of the table of policies that are about no operation.
    #[cfg(test)]
    pub(crate) fn unused_policies(&self) -> Vec<(Verb, &'static str)> {
        let is_registered = |verb: Verb, pattern: &str| {
            self.routes
                .iter()
                .any(|route| route.pattern == pattern && route.policies[verb as usize].is_some())
        };
        let unused =
            super::route_policy::TABLE.iter().filter(|(verb, pattern, _)| !is_registered(*verb, pattern));
        unused.map(|(verb, pattern, _)| (*verb, *pattern)).collect()
    }
}

impl Node {
    fn child_mut(&mut self, segment: &str) -> &mut Self {
        if segment.starts_with('{') {
            return self.parameter.get_or_insert_default();
        }
        let known = self.fixed.iter().position(|(name, _)| **name == *segment);
        let at = known.unwrap_or_else(|| {
            self.fixed.push((segment.into(), Self::default()));
            self.fixed.len() - 1
        });
        &mut self.fixed[at].1
    }

    /// The route of what is left of a path; `None` is the end of it.
    fn find(&self, rest: Option<&str>) -> Option<RouteId> {
        let Some(rest) = rest else { return self.route };
        // Every request comes here: segments are short and few, so plain loops are faster than searches.
        let slash = rest.bytes().position(|byte| byte == b'/');
        let (segment, rest) = slash.map_or((rest, None), |at| (&rest[..at], Some(&rest[at + 1..])));
        let fixed = self.fixed.iter().find(|(name, _)| **name == *segment);
        let found = fixed.and_then(|(_, node)| node.find(rest));
        found.or_else(|| self.parameter.as_ref().filter(|_| !segment.is_empty())?.find(rest))
    }
}

fn allowed(policies: &[Option<RoutePolicy>; Verb::COUNT]) -> String {
    const NAMES: [&str; Verb::COUNT] = ["GET, HEAD", "POST", "PUT", "PATCH", "DELETE"];
    let known = NAMES.iter().zip(policies).filter_map(|(name, policy)| policy.map(|_| *name));
    known.chain(["OPTIONS"]).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use stockroom_domain::Permission;
    use stockroom_service::Bypass;

    use super::*;

    fn table() -> RouteTable {
        let need = Need::to(Permission::CatalogueWrite);
        let operations = [
            (Verb::Get, "/", Need::ANYONE, false),
            (Verb::Get, "/products", Need::ANYONE, true),
            (Verb::Post, "/products", need, false),
            (Verb::Get, "/products/filter", Need::ANYONE, true),
            (Verb::Get, "/products/{id}", Need::ANYONE, true),
            (Verb::Get, "/products/{id}/margin", need, false),
            (Verb::Get, "/orders/{id}/lines/{line}", Need::SIGNED_IN, false),
            (Verb::Get, "/reviews", Need::ANYONE, false),
            (Verb::Get, "/livez", Need::ANYONE, false),
            (Verb::Get, "/docs/{file}", Need::ANYONE, false),
        ];
        RouteTable::new(operations.map(|(verb, pattern, need, cacheable)| RegisteredOperation {
            verb,
            pattern: pattern.to_owned(),
            need,
            cacheable,
        }))
    }

    fn get(table: &RouteTable, path: &str) -> Routed {
        let request = TestRequest::get().uri(path).to_srv_request();
        table.resolve(request.method(), request.match_info().as_str())
    }

    #[test]
    fn the_route_is_the_pattern_and_never_the_path() {
        let table = table();
        for (path, pattern) in [
            ("/", "/"),
            ("/products", "/products"),
            ("/products/filter", "/products/filter"),
            ("/products/7", "/products/{id}"),
            ("/products/%41b%20c", "/products/{id}"),
            ("/product%73", "/products"),
            ("/products/filter/margin", "/products/{id}/margin"),
            ("/orders/7/lines/7", "/orders/{id}/lines/{line}"),
            ("/docs/a", "/docs/{file}"),
            ("/docs/a/b", ""),
            ("/docs/", ""),
            ("/nowhere/7", ""),
            ("/products/7/more", ""),
            ("/products//margin", ""),
        ] {
            let route = get(&table, path).route;
            assert_eq!(route.map_or("", |route| table.pattern(route)), pattern, "{path}");
        }
    }

    #[test]
    fn sessions_are_looked_up_for_all_but_what_is_the_same_for_everybody() {
        let table = table();
        for (path, checked) in [
            ("/products", false),
            ("/products/filter", false),
            ("/products/7", false),
            // The first protected GET under a public path is protected.
            ("/products/7/margin", true),
            // Those who work for the shop are shown more.
            ("/reviews", true),
            ("/orders/7/lines/7", true),
            // So is what nobody has registered.
            ("/products/7/more", true),
        ] {
            assert_eq!(get(&table, path).policy.session_check, checked, "{path}");
        }
        assert!(table.resolve(&Method::POST, "/products").policy.session_check);
    }

    #[test]
    fn what_is_not_registered_has_the_strictest_policy() {
        let unknown = get(&table(), "/nowhere").policy;
        assert_eq!(unknown, RoutePolicy::STRICT);
        assert_eq!(unknown.need.bypass, Bypass::Nobody);
        assert!(unknown.private && unknown.session_check && unknown.handling.needs_database);
        assert!(!unknown.handling.probe);
    }

    #[test]
    fn a_method_that_a_path_does_not_have_is_as_ready_as_the_path() {
        let table = table();
        let of = |method, path| table.resolve(&method, path).policy.handling;
        assert!(of(Method::POST, "/livez").probe && !of(Method::POST, "/docs/a").needs_database);
        assert!(of(Method::DELETE, "/products").needs_database);
        assert!(of(Method::OPTIONS, "/products/7").needs_database);
    }

    #[test]
    fn allowed_methods_are_those_of_the_path() {
        let table = table();
        let allowed = |path| get(&table, path).route.map(|route| table.allowed(route).to_owned());
        assert_eq!(allowed("/products").as_deref(), Some("GET, HEAD, POST, OPTIONS"));
        assert_eq!(allowed("/livez").as_deref(), Some("GET, HEAD, OPTIONS"));
        assert_eq!(allowed("/nowhere"), None);
    }

    #[test]
    fn a_handler_agrees_with_its_own_operation_alone() {
        let table = table();
        let public = get(&table, "/products/7");
        assert!(public.agrees_with(Need::ANYONE));
        assert!(!public.agrees_with(Need::SIGNED_IN));
        assert!(Routed::UNKNOWN.agrees_with(Need::SIGNED_IN));
    }
}
