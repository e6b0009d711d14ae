//! What can be wrong with a store.

/// One fault of a store; the number is that of the clause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    AdmitsAll1,
    StartsWindowsAnew2,
    ChargesRefusals3,
    ChargesTheFirstOfSeveral3,
    ChecksThenCharges4,
    CutsCosts5,
    ChargesWhatNeverFits5,
    LetsZeroThrough6,
    SaysToWaitHalf7,
    TellsOfTheFirst7,
    SharesOneKey8,
    ForgetsInAFlood8,
    PeeksByTaking9,
    ResetsNothing10,
    ResetsDebtsOnly10,
    TellsNoTime11,
    AnswersEverything12,
    ChargesOneOfTwoWhenDropped13,
    RefundsNothing14,
    RefundsWhatIsPaid14,
    PenalizesNothing15,
    PenalizesIfItFits15,
    BlocksNobody16,
    BlocksShorter16,
    BlocksCheapOnly16,
    ForgetsWhenPlansChange17,
}

impl Fault {
    pub(super) const ALL: [Self; 26] = [
        Self::AdmitsAll1,
        Self::StartsWindowsAnew2,
        Self::ChargesRefusals3,
        Self::ChargesTheFirstOfSeveral3,
        Self::ChecksThenCharges4,
        Self::CutsCosts5,
        Self::ChargesWhatNeverFits5,
        Self::LetsZeroThrough6,
        Self::SaysToWaitHalf7,
        Self::TellsOfTheFirst7,
        Self::SharesOneKey8,
        Self::ForgetsInAFlood8,
        Self::PeeksByTaking9,
        Self::ResetsNothing10,
        Self::ResetsDebtsOnly10,
        Self::TellsNoTime11,
        Self::AnswersEverything12,
        Self::ChargesOneOfTwoWhenDropped13,
        Self::RefundsNothing14,
        Self::RefundsWhatIsPaid14,
        Self::PenalizesNothing15,
        Self::PenalizesIfItFits15,
        Self::BlocksNobody16,
        Self::BlocksShorter16,
        Self::BlocksCheapOnly16,
        Self::ForgetsWhenPlansChange17,
    ];

    pub(super) fn clause(self) -> String {
        format!("{self:?}").chars().filter(char::is_ascii_digit).collect()
    }
}
