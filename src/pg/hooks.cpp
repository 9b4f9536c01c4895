#include "pg/hooks.hpp"

#include <cstring>

#include "pg/entry.hpp"
#include "pg/postgres.hpp"

namespace tandem::pg {
namespace {

const HookEvents* handlers = nullptr;
ProcessUtility_hook_type previous_utility = nullptr;
object_access_hook_type previous_access = nullptr;

// What one utility statement means to us. Plain data: it lives across the command, which may longjmp.
struct Command {
  Oid emptied = InvalidOid;       // database that the command wants to itself
  Oid changed = InvalidOid;       // database to look at afterwards
  const char* created = nullptr;  // name of the database it makes
  bool commit_prepared = false;
  bool has_extension = false;  // after COMMIT PREPARED
};

const char* option_text(List* options, const char* name) {
  ListCell* cell = nullptr;
  foreach (cell, options) {
    DefElem* option = lfirst_node(DefElem, cell);
    if (std::strcmp(option->defname, name) == 0 && option->arg != nullptr) return defGetString(option);
  }
  return nullptr;
}

// The command will be refused to those who may not: then our processes must not be disturbed by it.
bool may_empty(Oid database) { return pg_database_ownercheck(database, GetUserId()); }

bool may_copy(Oid database) {
  if (pg_database_ownercheck(database, GetUserId())) return true;
  bool allowed = false;
  HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(database));
  if (HeapTupleIsValid(tuple)) {
    allowed = reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple))->datistemplate;
    ReleaseSysCache(tuple);
  }
  return allowed;
}

void read_create(const CreatedbStmt* statement, Command& command) {
  const char* source = option_text(statement->options, "template");
  const Oid database = get_database_oid(source == nullptr ? "template1" : source, true);
  if (OidIsValid(database) && may_copy(database)) command.emptied = database;
  command.created = statement->dbname;
}

void read_alter(const AlterDatabaseStmt* statement, Command& command) {
  const Oid database = get_database_oid(statement->dbname, true);
  if (!OidIsValid(database) || !may_empty(database)) return;
  if (option_text(statement->options, "tablespace") != nullptr) command.emptied = database;
  command.changed = database;  // ALLOW_CONNECTIONS, IS_TEMPLATE
}

void empty_if_owner(const char* name, Command& command) {
  const Oid database = get_database_oid(name, true);
  if (OidIsValid(database) && may_empty(database)) command.emptied = database;
}

Command read_command(Node* statement) {
  Command command;
  switch (nodeTag(statement)) {
    case T_DropdbStmt:
      empty_if_owner(reinterpret_cast<DropdbStmt*>(statement)->dbname, command);
      break;
    case T_CreatedbStmt:
      read_create(reinterpret_cast<CreatedbStmt*>(statement), command);
      break;
    case T_AlterDatabaseStmt:
      read_alter(reinterpret_cast<AlterDatabaseStmt*>(statement), command);
      break;
    case T_RenameStmt: {
      const auto* rename = reinterpret_cast<RenameStmt*>(statement);
      if (rename->renameType == OBJECT_DATABASE) empty_if_owner(rename->subname, command);
      break;
    }
    case T_TransactionStmt:
      command.commit_prepared = reinterpret_cast<TransactionStmt*>(statement)->kind == TRANS_STMT_COMMIT_PREPARED;
      break;
    default:  // Postgres's node tags: some 450, and every other one is none of our business
      break;
  }
  return command;
}

void before_command(void* argument) { handlers->clear_database(static_cast<Command*>(argument)->emptied); }

void after_command(void* argument) {
  auto* command = static_cast<Command*>(argument);
  if (OidIsValid(command->changed)) handlers->database_changed(command->changed);
  if (command->commit_prepared) handlers->prepared_committed(command->has_extension);
}

bool ours(Oid extension) {
  const char* name = get_extension_name(extension);
  return name != nullptr && std::strcmp(name, handlers->extension) == 0;
}

}  // namespace

extern "C" {
static void on_utility(PlannedStmt* planned, const char* text, bool read_only_tree, ProcessUtilityContext context,
                       ParamListInfo parameters, QueryEnvironment* environment, DestReceiver* receiver,
                       QueryCompletion* completion) {
  // Commands on databases fail inside a transaction block anyway: only a command on its own counts.
  Command command;
  if (context == PROCESS_UTILITY_TOPLEVEL) command = read_command(planned->utilityStmt);
  if (OidIsValid(command.emptied) && !IsTransactionBlock()) entry(&before_command, &command);

  if (previous_utility != nullptr) {
    previous_utility(planned, text, read_only_tree, context, parameters, environment, receiver, completion);
  } else {
    standard_ProcessUtility(planned, text, read_only_tree, context, parameters, environment, receiver, completion);
  }

  if (command.created != nullptr) command.changed = get_database_oid(command.created, true);
  if (command.commit_prepared) command.has_extension = OidIsValid(get_extension_oid(handlers->extension, true));
  if (OidIsValid(command.changed) || command.commit_prepared) entry(&after_command, &command);
}

static void on_object_access(ObjectAccessType access, Oid catalog, Oid object, int sub_object, void* argument) {
  if (previous_access != nullptr) previous_access(access, catalog, object, sub_object, argument);
  if (access != OAT_DROP || catalog != ExtensionRelationId || !ours(object)) return;
  entry([](void*) { handlers->extension_dropped(); }, nullptr);
}

static void on_transaction_event(XactEvent event, void*) {
  TransactionEnd end = TransactionEnd::committed;
  switch (event) {
    case XACT_EVENT_COMMIT:
      end = TransactionEnd::committed;
      break;
    case XACT_EVENT_ABORT:
      end = TransactionEnd::aborted;
      break;
    case XACT_EVENT_PREPARE:
      end = TransactionEnd::prepared;
      break;
    case XACT_EVENT_PRE_COMMIT:
    case XACT_EVENT_PRE_PREPARE:
    case XACT_EVENT_PARALLEL_PRE_COMMIT:
    case XACT_EVENT_PARALLEL_COMMIT:
    case XACT_EVENT_PARALLEL_ABORT:
      return;
  }
  handlers->transaction_ended(end);
}
}

void install_hooks(const HookEvents* events) {
  handlers = events;
  previous_utility = ProcessUtility_hook;
  ProcessUtility_hook = on_utility;
  previous_access = object_access_hook;
  object_access_hook = on_object_access;
  RegisterXactCallback(on_transaction_event, nullptr);
}

}  // namespace tandem::pg
