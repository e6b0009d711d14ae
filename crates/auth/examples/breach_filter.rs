//! Makes the file of a `BreachFilter` from a list of leaked passwords.
//!
//! ```sh
//! cargo run --release -p palisade-auth --example breach_filter -- pwned-passwords-sha1.txt leaked.set 100
//! cargo run --release -p palisade-auth --example breach_filter -- words.txt words.set
//! ```
//!
//! With a count, the list has lines of Have I Been Pwned's form, and those that were seen less often are left out. Without one,
//! each line is a password.
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};

use palisade_auth::BreachFilterBuilder;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(list), Some(set)) = (arguments.next(), arguments.next()) else {
        return Err("two files are needed: the list and what is to be made of it".into());
    };
    let at_least = arguments.next().map(|count| count.parse()).transpose()?;
    let mut builder = BreachFilterBuilder::new();
    for line in BufReader::new(File::open(list)?).lines() {
        let line = line?;
        match at_least {
            Some(at_least) => drop(builder.add_line(&line, at_least)?),
            None => builder.add_password(&line),
        }
    }
    fs::write(set, builder.build()?)?;
    Ok(())
}
