//! Starts the shop; see the crate's documentation.
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use palisade_shop::{Opened, Options, StartError, log, told_to_stop};

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    log(options.log);
    match run(&options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is closed there is nobody to tell; the exit code says it.
            drop(writeln!(io::stderr(), "palisade-shop: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), StartError> {
    let shop = Opened::open(options).await?;
    drop(announce(&shop, options));
    shop.serve(async { drop(told_to_stop().await) }).await;
    Ok(())
}

/// Tells the operator where the shop is and how to try it. It is the one time that the passwords are shown.
fn announce(shop: &Opened, options: &Options) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {}", shop.url())?;
    if let Some(origin) = &options.public_origin {
        writeln!(out, "people reach it at {origin}")?;
    }
    writeln!(out, "\ndemo accounts:")?;
    for demo in shop.demo() {
        writeln!(out, "  {:<18} {}", demo.email, demo.password.expose())?;
    }
    writeln!(out, "\nCtrl-C stops it.")
}
