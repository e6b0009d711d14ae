//! The store in memory keeps the contract of stores, and the suite finds stores that do not.
#[cfg(test)]
mod fault;
#[cfg(test)]
mod faulty;
#[cfg(test)]
mod take;

#[cfg(test)]
mod contract {
    use palisade_ratelimit::testing::{InMemory, contract};

    use super::fault::Fault;
    use super::faulty::WithFault;

    #[tokio::test]
    async fn the_store_in_memory_keeps_the_contract() {
        contract(&InMemory::default()).await;
    }

    /// What the suite says of a store with that fault.
    async fn finding(fault: Fault) -> Option<String> {
        let run = async move { contract(&WithFault(InMemory::default(), fault)).await };
        let panic = tokio::spawn(run).await.err()?.into_panic();
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
    }

    #[tokio::test]
    async fn every_fault_is_found_by_its_clause() {
        let mut missed = Vec::new();
        for fault in Fault::ALL {
            let found = finding(fault).await.unwrap_or_default();
            if !found.starts_with(&format!("the contract of Store is broken: {}:", fault.clause())) {
                missed.push(format!("{fault:?}: {found:?}"));
            }
        }
        assert!(missed.is_empty(), "{missed:#?}");
    }
}
