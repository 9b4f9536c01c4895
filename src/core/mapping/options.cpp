#include "core/mapping/mapping.hpp"

#include <array>

namespace tandem::core {

namespace {

// One row per option that parse_mapping reads: a unit test holds the two against each other.
constexpr auto kOptions = std::to_array<OptionRow>({
    {"after", "array", "[]", "both", "mappings: a run starts when all of them have had one since this one's last"},
    {"backfill", "boolean", "true", "pull",
     "false: after a changed definition reading goes on where it was; records that do not change stay as they are"},
    {"batch_size", "integer", "the connector's", "push", "changes of one request, where the object takes several"},
    {"capture_replicated", "boolean", "false", "push",
     "true: what logical replication writes to the table is a local change, too"},
    {"conflict_delete", "text", "as conflict_resolution", "push",
     "direction both: a delete on one side and an edit on the other: local_wins, remote_wins, manual"},
    {"conflict_fields", "object", "{}", "push",
     "direction both: remote field to policy, where it is another than conflict_resolution"},
    {"filters", "object", "{}", "pull",
     "field to value, or to an array of values: only records that equal them; sent to the server where the object "
     "has "
     "a parameter for the field and nothing is deleted"},
    {"delete_brake", "object", "{\"percent\": 10, \"rows\": 10}", "both",
     "more rows than both at once are not deleted until approve_deletes() says so; of a push with source_query alone"},
    {"follow_ups", "array", "[]", "both",
     "what a run that got to its end starts: names of mappings, or {\"function\": \"schema.name(bigint)\"}"},
    {"full_every", "integer", "never", "pull", "after so many incremental runs a full one, which finds what has gone"},
    {"hash_fields", "array", "the mapped ones", "pull",
     "remote fields that alone decide whether a record has changed since it was last seen"},
    {"initial", "text", "all", "push", "whether rows that are there when the mapping is made are sent: all, none"},
    {"keep_runs", "integer", "1000", "both", "how many finished runs are kept; older ones are removed when a run ends"},
    {"lookback", "text", "the connector's", "pull",
     "how far behind the cursor each run reads again, for records that the source shows late: '10 minutes', or a "
     "number of ids"},
    {"max_in_flight", "integer", "the connection's", "push", "requests of the mapping under way at once"},
    {"on_error", "text", "skip", "pull",
     "what a record that cannot be written does: skip makes it a sync error and the others go in, fail ends the run"},
    {"page_size", "integer", "the connector's", "pull", "records per page, where the object's paging has a size_param"},
    {"pull_first", "boolean", "true", "push",
     "direction both: a change is sent after a pull has looked what became of its record, where the object has no "
     "version that guards it; false: at once"},
    {"push_conditions", "object", "none", "push",
     "direction both: JSON Logic over the local row, columns by name: only such rows are sent"},
    {"record_log", "text or object", "none", "both",
     "the history of records in view record_log: none, changes, all; {\"level\": \"changes\", \"days\": 30}, 0 days: "
     "for ever"},
    {"run_log", "boolean", "false", "both", "what each run does, step by step, goes into view run_log"},
    {"schema_change", "text", "freeze", "pull",
     "what a field or column that appeared, vanished or changed does: freeze reports it, evolve also adds columns "
     "for "
     "new fields, pause also pauses the mapping, discard takes no notice"},
    {"settle", "text", "0", "push",
     "how long a row has to be left alone before it is sent: '5 seconds'; its changes become one"},
    {"stamp", "object", "{}", "pull",
     "local columns that we fill in: tenant, connection, mapping (these are part of the key), now, run, uuid"},
    {"params", "object", "{}", "pull", "extra query parameters of every request; they win over the object's"},
    {"soft_delete_columns", "object", "none", "pull",
     "delete_mode soft: what says that a row is deleted: {\"deleted_at\": \"now\"}, {\"is_deleted\": true}, "
     "{\"status\": {\"deleted\": \"gone\", \"restored\": \"active\"}}"},
    {"soft_delete_fields", "object", "none", "push",
     "delete_mode soft: the remote fields that say that a record is deleted: {\"is_deleted\": true}, "
     "{\"deleted_at\": "
     "\"now\"}, {\"status\": {\"deleted\": \"gone\", \"restored\": \"active\"}}"},
    {"status_columns", "object", "{}", "pull",
     "how records fare, on the row itself: {\"last_sync\": column, set when the row is written, \"last_error\": "
     "column, what is wrong with its record}"},
    {"source_key", "array", "none", "push", "the columns of source_query that tell its rows apart"},
    {"source_query", "text", "none", "push",
     "a SELECT whose rows are sent instead of the table's changes: each run that is asked for compares them with what "
     "was sent last"},
    {"unmatched", "text", "leave", "push",
     "what becomes of the record of a row that stops matching the conditions: leave, delete (as delete_mode soft "
     "says, else for good)"},
    {"verify", "text", "source", "pull",
     "what a record is compared with: source, as it was last seen there; target, the row, which also repairs it"},
});

}  // namespace

std::span<const OptionRow> mapping_options() { return kOptions; }

}  // namespace tandem::core
