//! Requests to the shop, in process: what is answered, and what is refused.

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod admin;
#[cfg(test)]
mod api;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod cart;
#[cfg(test)]
mod fields;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod forgery;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod passwords;
#[cfg(test)]
mod reset;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod sales;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod several;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod tokens;
