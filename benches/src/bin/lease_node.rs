//! `lease_node URL strict|leased TRACE`: one of the processes that share a busy key. Started by `palisade-benches redis`.

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    palisade_benches::redis::node::run(&arguments);
}
