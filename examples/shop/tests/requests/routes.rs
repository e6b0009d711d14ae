//! Which routes there are, and what their rules say to whom.
use crate::orders::{ADA, MEL, placed};
use crate::shop::{Client, Shop};

/// The table of routes as it is reviewed.
const REVIEWED: &str = include_str!("../../../../docs/shop-routes.md");

/// A line of the table: method, path, rule, and the answer for each role.
pub(crate) struct Line {
    method: String,
    path: String,
    rule: String,
    answers: Vec<(String, String)>,
}

impl Line {
    /// The paths of all pages.
    pub(crate) fn pages() -> Vec<String> {
        let mut lines = Self::all();
        lines.retain(|line| line.method == "GET" && !line.is_for_programs());
        lines.into_iter().map(|line| line.path).collect()
    }

    fn all() -> Vec<Self> {
        let (_, table) = REVIEWED.split_once("## Routes\n\n").unwrap();
        let mut rows = table
            .lines()
            .take_while(|line| line.starts_with('|'))
            .map(|line| {
                line.split('|')
                    .map(|cell| cell.trim().to_owned())
                    .collect::<Vec<_>>()
            });
        let roles = rows.next().unwrap()[5..].to_vec();
        let line = |row: Vec<String>| Self {
            method: row[1].clone(),
            path: row[2].clone(),
            rule: row[3].clone(),
            answers: roles
                .iter()
                .cloned()
                .zip(row[5..].iter().cloned())
                .filter(|(role, _)| !role.is_empty())
                .collect(),
        };
        rows.skip(1).map(line).collect()
    }

    fn is_public(&self) -> bool {
        self.rule == "public"
    }

    fn is_for_programs(&self) -> bool {
        self.path.starts_with("/api/")
    }

    fn says(&self, role: &str) -> &str {
        let (_, answer) = self.answers.iter().find(|(known, _)| known == role).unwrap();
        answer
    }

    /// Asks for the route from a page of the shop, with a part for each parameter that is not there.
    async fn ask(&self, client: &Client) -> (u16, String) {
        let path = ["{slug}", "{id}", "{token}"]
            .iter()
            .fold(self.path.clone(), |path, part| path.replace(part, "none"));
        let browser = client.clone().with("sec-fetch-site", "same-origin");
        let answer = browser.send(&format!("{} {path}", self.method), "", "").await;
        (answer.status.as_u16(), answer.header("location").to_owned())
    }
}

/// Whether that is the way to the form for signing in.
fn signs_in(location: &str) -> bool {
    location == "/login" || location.starts_with("/login?next=/")
}

#[tokio::test]
async fn the_reviewed_table_is_what_is_served() {
    let served = Shop::open(&[]).await.routes();
    assert_eq!(
        served, REVIEWED,
        "`cargo xtask routes` writes docs/shop-routes.md anew"
    );
}

#[tokio::test]
async fn who_is_not_signed_in_gets_to_public_routes_only() {
    let shop = Shop::open(&[]).await;
    for line in Line::all() {
        let (status, location) = line.ask(&shop.client()).await;
        let (method, path) = (&line.method, &line.path);
        match (line.is_public(), line.is_for_programs()) {
            (true, _) => assert!(status != 401 && !signs_in(&location), "{method} {path}: {status}"),
            (false, true) => assert_eq!(status, 401, "{method} {path}"),
            (false, false) => assert!(status == 303 && signs_in(&location), "{method} {path}: {status}"),
        }
    }
}

#[tokio::test]
async fn a_program_that_is_not_known_is_told_how_to_be() {
    let shop = Shop::open(&[]).await;
    let answer = shop.client().get("/api/v1/admin/users").await;
    assert_eq!(answer.problem(), (401, "authentication_required".into()));
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    // A browser's session is nothing to the API.
    let root = shop.signed_in("root@shop.example").await;
    assert_eq!(root.get("/api/v1/admin/users").await.problem().0, 401);
}

#[tokio::test]
async fn pages_send_who_must_sign_in_and_forget_a_dead_cookie_on_the_way() {
    let shop = Shop::open(&[]).await;
    let ada = shop.signed_in("ada@shop.example").await;
    let answer = ada.form("/logout", "").await;
    assert!(answer.forgets_cookie());
    let answer = shop.client().with_cookie("none").get("/admin").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/login?next=/admin")
    );
    assert!(
        answer.forgets_cookie() && answer.header("www-authenticate").is_empty() && answer.body.is_empty()
    );
}

/// Every page for every role, signed in a moment ago: the answer is that of the table.
#[tokio::test]
async fn each_role_gets_to_what_the_table_says_on_pages() {
    let shop = Shop::open(&[]).await;
    let people = [
        ("administrator", "root"),
        ("customer", "ada"),
        ("merchant", "mel"),
    ];
    let (mut refused, mut pages) = (0, Line::all());
    pages.retain(|line| !line.is_for_programs());
    // Whoever has signed out is somebody else.
    pages.sort_by_key(|line| line.path == "/logout");
    for (role, name) in people {
        let client = shop.signed_in(&format!("{name}@shop.example")).await;
        for line in &pages {
            let (status, _) = line.ask(&client).await;
            let answer = line.says(role);
            let told = (line.method.as_str(), line.path.as_str(), role);
            match answer {
                "no" => assert_eq!(status, 403, "{told:?}"),
                _ => assert!(![401, 403].contains(&status), "{told:?}: {status}"),
            }
            refused += usize::from(answer == "no");
        }
    }
    assert!(refused >= 2, "a table that refuses nothing tests nothing");
}

/// The list is made by the router that is written with rules, so that a route without one does not compile; what is added to
/// the router by hand would be none of it.
#[test]
fn no_route_is_added_beside_the_list() {
    fn sources(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
            .collect()
    }
    let all = sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(all.len() > 30, "the sources were not read");
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        for by_hand in [
            ".route(",
            ".route_service(",
            ".nest_service(",
            "axum::routing",
            ".fallback_service(",
        ] {
            assert!(!text.contains(by_hand), "{}: {by_hand}", path.display());
        }
    }
}

/// Every call for every role, with an order that its customer and its merchant may see: the answer is that of the table.
#[tokio::test]
async fn each_role_gets_to_what_the_table_says_in_the_api() {
    let shop = Shop::open(&[]).await;
    let order = placed(&shop.calling(ADA).await, "N-1001").await;
    let select = "SELECT id FROM accounts WHERE email = 'bob@shop.example'";
    let bob: String = shop.database().query_row(select, (), |row| row.get(0)).unwrap();
    let mut refused = 0;
    for (role, email) in [
        ("administrator", "root@shop.example"),
        ("customer", ADA),
        ("merchant", MEL),
    ] {
        let mut client = shop.calling(email).await;
        for line in Line::all().iter().filter(|line| line.is_for_programs()) {
            let path = line
                .path
                .replace("/orders/{id}", &format!("/orders/{order}"))
                .replace("/users/{id}", &format!("/users/{bob}"))
                .replace("{slug}", "oak-stool");
            let answer = client.send(&format!("{} {path}", line.method), "", "").await;
            if path.contains("/logout") {
                client = shop.calling(email).await;
            }
            let (status, hidden) = (answer.status.as_u16(), line.rule.ends_with(", hidden"));
            let told = (line.method.as_str(), line.path.as_str(), role);
            match line.says(role) {
                "no" if hidden => assert_eq!(status, 404, "{told:?}"),
                "no" => assert_eq!(status, 403, "{told:?}"),
                _ if hidden => assert!([200, 409].contains(&status), "{told:?}: {status}"),
                _ => assert!(![401, 403].contains(&status), "{told:?}: {status}"),
            }
            refused += usize::from(line.says(role) == "no");
        }
    }
    assert!(refused >= 5, "a table that refuses nothing tests nothing");
}
