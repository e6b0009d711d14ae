//! Prints who may use which route of the shop, as `docs/shop-routes.md` has it.
use std::error::Error;
use std::io::{self, Write};

use clap::Parser;
use palisade_shop::{Opened, Options};
use palisade_testkit::TempDir;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let home = TempDir::new();
    let database = home.path().join("shop.db").display().to_string();
    let arguments = ["palisade-shop", "--addr", "127.0.0.1:0", "--database", &database];
    let shop = Opened::open(&Options::parse_from(arguments)).await?;
    Ok(io::stdout().lock().write_all(shop.routes().as_bytes())?)
}
