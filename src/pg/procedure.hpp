// Procedures that end their caller's transaction (CALL tandem.sync): committing in the
// middle, so that what they asked for takes effect and no snapshot is held while they wait.
// Whether that is allowed is told by FunctionCall::may_commit().
#pragma once

namespace tandem::pg {

// Commits and begins the next transaction. No Sql may be open.
void commit_and_go_on();

}  // namespace tandem::pg
