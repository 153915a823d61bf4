// Pairs or ranges on standard input, judged by the semver crate. Build metadata, by which the crate's total order breaks
// ties, is left out of pairs: Cargo itself gives it no precedence.
use semver::{Version, VersionReq};
use std::cmp::Ordering;
use std::io::BufRead;

fn main() {
    let pairs = std::env::args().nth(1).as_deref() == Some("pairs");
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let (left, right) = line.split_once('\t').unwrap_or((&line, ""));
        if pairs {
            println!("{left} {} {right}", order(left, right));
        } else {
            println!("{left}\t{right}\t{}", inside(left, right));
        }
    }
}

fn order(a: &str, b: &str) -> &'static str {
    match (Version::parse(a), Version::parse(b)) {
        (Ok(a), Ok(b)) => match a.cmp_precedence(&b) {
            Ordering::Less => "<",
            Ordering::Equal => "=",
            Ordering::Greater => ">",
        },
        _ => "?",
    }
}

fn inside(version: &str, range: &str) -> &'static str {
    match (Version::parse(version), VersionReq::parse(range)) {
        (Ok(version), Ok(range)) => if range.matches(&version) { "yes" } else { "no" },
        _ => "?",
    }
}
