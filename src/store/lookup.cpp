#include "store/lookup.hpp"

#include "base/strings.hpp"
#include "pg/catalog.hpp"

namespace tandem::store {

namespace {
constexpr std::size_t kNamesShown = 12;  // a hint is a line, not a listing
}

base::Failure no_such(std::string_view kind, std::string_view name, const std::vector<std::string>& known) {
  std::string hint;
  const std::vector<std::string_view> choices(known.begin(), known.end());
  if (const std::string_view near = base::nearest(name, choices); !near.empty()) {
    hint = base::strcat("Did you mean \"", near, "\"?");
  } else if (known.empty()) {
    hint = base::strcat("There is no ", kind, " yet: tandem.create_", kind, "(...) makes one.");
  } else if (known.size() <= kNamesShown) {
    hint = base::strcat("There are: ", base::join(known, ", "), ".");
  } else {
    hint = base::strcat("SELECT name FROM tandem.", kind, "s;");
  }
  return base::Failure(base::Errc::undefined_object, base::strcat(kind, " \"", name, "\" does not exist"), {}, hint);
}

bool acts_for(pg::Oid user, pg::Oid owner) { return pg::is_superuser(user) || pg::has_role(user, owner); }

void require_owner(std::string_view kind, std::string_view name, pg::Oid owner, std::string_view owner_name) {
  const pg::Oid user = pg::current_user();
  if (acts_for(user, owner)) return;
  throw base::Failure(
      base::Errc::insufficient_privilege,
      base::strcat("must be a member of role \"", owner_name, "\" to change ", kind, " \"", name, "\""),
      base::strcat("It belongs to \"", owner_name, "\"; you are \"", pg::role_name(user), "\"."),
      base::strcat("GRANT ", pg::quote_identifier(owner_name), " TO ", pg::quote_identifier(pg::role_name(user)), ";"));
}

std::string merged_metadata(pg::Sql& sql, std::string_view metadata, std::string_view changes) {
  return sql
      .engine("SELECT tandem._merge_patch($1::jsonb, nullif($2::jsonb -> 'metadata', 'null'))::text",
              {metadata, changes})
      .text(0, 0);
}

}  // namespace tandem::store
