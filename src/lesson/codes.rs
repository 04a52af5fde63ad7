//! Every complaint the program can have about content, with a stable code.
//!
//! Codes are kept for good: an author may look one up years later. A retired code is not reused.
use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The lesson cannot be taught like this.
    Error,
    /// It can, but somebody will stumble.
    Warning,
}

macro_rules! codes {
    ($($name:ident $code:literal $severity:ident $reason:literal,)*) => {
        /// The kind of a finding; see [`Code::reason`] for what each one protects.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $reason] $name,)*
        }

        impl Code {
            /// All codes, in order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as printed: `L204`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// How much it matters.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// What it is about and why, in one line.
            pub fn reason(self) -> &'static str {
                match self { $(Self::$name => $reason,)* }
            }
        }
    };
}

codes! {
    // L0: the file
    NotUtf8 "L001" Error "The file is not UTF-8: half of its readers would see other letters.",
    RawControl "L002" Error "A control character or a lone carriage return stands in the file: terminals act on them, and YAML readers disagree.",
    TooLarge "L003" Error "The file is larger than a lesson can be.",
    Syntax "L004" Error "This is not YAML.",
    TabIndent "L005" Error "YAML is indented with spaces; a tab has no width.",
    TooDeep "L006" Error "Nested deeper than the format ever is.",
    Anchor "L007" Error "Anchors, aliases and merge keys: a small file could become a huge one, and places would lie.",
    Tag "L008" Error "YAML tags mean something else to every reader.",
    DuplicateKey "L009" Error "The same key twice: one of the two would be dropped silently.",
    SecondDocument "L010" Error "More than one document: the others would be ignored.",
    KeyNotAWord "L011" Error "A key must be a plain word.",
    Unreadable "L012" Error "The file cannot be read.",
    // L1: the form
    UnknownKey "L101" Error "A key the format does not know would be ignored silently.",
    MissingKey "L102" Error "A key that is always needed is missing.",
    WrongType "L103" Error "A value of the wrong kind, often a text that YAML reads as a number.",
    UnknownWord "L104" Error "Not one of the words that may stand here.",
    FutureFormat "L105" Error "The file is written for another version of the format.",
    QuoteIt "L106" Warning "Other YAML readers take this for a boolean, a time or a number.",
    NoValue "L107" Error "A key without a value.",
    MixedKinds "L108" Error "A step is of one kind; this key belongs to another.",
    NoAnswer "L109" Error "A question needs exactly one kind of right answer.",
    Misread "L110" Error "The YAML reader itself refuses this.",
    OutOfRange "L111" Error "A number outside its bounds.",
    // L2: the language
    BadExpression "L201" Error "The expression cannot be read.",
    BadTemplate "L202" Error "The text between {{ and }} cannot be read.",
    BadLine "L203" Error "The lab would refuse this line.",
    UnknownName "L204" Error "An expression reads a name that no line of its step binds: it can never hold.",
    UnknownInText "L205" Error "A text shows a name that is not bound when it is shown: the place would stay empty.",
    UnknownInLine "L206" Error "A line uses a name that no line before it binds.",
    Constant "L207" Error "This looks at nothing the kernel said, so it proves nothing.",
    FixedPort "L208" Error "A fixed port on the learner's own machine may be taken; it belongs in the private world.",
    NotForLessons "L209" Error "A lesson's line may not do that; the lab would refuse it.",
    LongWait "L210" Error "A lesson's line waits longer than a lesson may.",
    UnknownField "L211" Error "No outcome has a field of this name: it stays empty, and never holds.",
    PrivateOnly "L212" Error "The lab changes nothing of the learner's own machine: this verb works in the private world alone.",
    // L3: the lesson
    NoSteps "L301" Error "A lesson without steps teaches nothing.",
    TooManySteps "L302" Error "More steps than anyone walks.",
    DuplicateId "L303" Error "Progress is kept by the step's id, so each is used once.",
    BadId "L304" Error "Ids and tags are kebab-case: they are typed, and they are file names.",
    OptionCount "L305" Error "A question has two to five options (eight, where several are right): one is no question, ten are not read.",
    UnusedRefutation "L306" Error "No option carries this misconception, so the experiment is never shown.",
    UnknownMisconception "L307" Warning "No refutation has this tag, though one is spelled almost like it.",
    NoSolution "L308" Error "A task without a solution cannot be proven, skipped or shown.",
    NoHints "L309" Error "A learner who is stuck needs a hint.",
    NoTraps "L310" Warning "A task without traps does not know the usual mistakes.",
    HintTellsAll "L311" Error "Only the last hint may contain the solution.",
    NoDefault "L312" Error "When no `when` holds, nothing would be explained.",
    Unreachable "L313" Error "What follows an explanation without `when` is never shown.",
    UnknownTerm "L314" Error "A term must be in the glossary, where the learner can look it up.",
    TooManyTerms "L315" Error "More than seven new words do not fit one sitting.",
    BadClaim "L316" Error "Claims of the article are numbered C01 to C94.",
    IdleNeed "L317" Warning "The step is left out on some machines for something it does not use.",
    EmptyText "L318" Error "A text without words.",
    HiddenCharacters "L319" Warning "Invisible or direction-changing characters: what is read is not what is written.",
    WhichIsRight "L320" Error "A choice needs a right option, and more than one only with `several: true`.",
    SameClaim "L321" Error "Two options with the same claim come true together.",
    ShellPaste "L322" Warning "A lesson shows a command that runs whatever it is sent, and learners paste commands.",
    NoGoal "L323" Error "A task or a visit needs at least one goal.",
    NoStandIn "L324" Error "A visit needs lines that do the same, for when nobody is there to do it.",
    NotAnOrder "L325" Error "Putting in order takes two to nine different items.",
    NothingToRun "L326" Error "A block of lab lines without a line.",
    IdleStep "L327" Error "A step with nothing to read and nothing to do.",
    SameLesson "L328" Error "Two files are the same lesson: the id is the name without its number.",
    // L4: the reference cards
    DuplicateCard "L401" Error "Two cards with the same key: only one can be found.",
    LostReference "L402" Error "A card points to a card that does not exist.",
    // L5: the course
    NoChapter "L501" Error "A lesson of the course belongs to a chapter: the menu shows it there.",
    UnknownChapter "L502" Error "A lesson names a chapter that is not in chapters.yaml.",
    UnknownClaim "L503" Error "A claim that is not in claims.yaml cannot be settled.",
    NoHome "L504" Error "Every claim of the article is settled by a step, or says why none can.",
    LostStep "L505" Error "The ledger sends its readers to a step that does not exist.",
    NotCited "L506" Error "The step that settles a claim names it, so that both are changed together.",
    NothingShown "L507" Error "A claim is settled by what the kernel does, not by a text.",
    LedgerIds "L508" Error "Every number is in its list once, in order: none was forgotten.",
    NoPrediction "L510" Error "Who has predicted nothing is surprised by nothing.",
    NoTask "L511" Error "What was only watched is not yet known.",
    NoRecall "L512" Error "What is not asked for is forgotten.",
    FewNotes "L513" Error "Whoever teaches the lesson needs notes on at least half of its steps.",
    FewTraps "L514" Error "A task of the course knows at least two wrong turns.",
    FewHints "L515" Error "Help comes in at least three tiers: where to look, what to use, what to type.",
    HintTellsLine "L516" Error "A hint before the last gives away a line of the solution.",
    NoOption "L520" Error "A misconception that no option offers is never found.",
    NoRefutation "L521" Error "A misconception without an experiment against it is only contradicted.",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        let names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
        for code in Code::ALL {
            assert!(code.reason().ends_with('.'), "{code}");
        }
    }
}
