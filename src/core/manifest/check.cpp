#include <algorithm>

#include "core/manifest/read.hpp"

#include "base/strings.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 5> kParentKeys{"object", "field", "as", "missing", "incremental"};
constexpr std::array<std::string_view, 2> kMissing{"error", "empty"};
constexpr std::string_view kPlaceholder = "{parent}";

void report(Findings& findings, std::string path, std::string message, std::string hint = {}) {
  findings.push_back({.path = std::move(path),
                      .message = std::move(message),
                      .hint = std::move(hint),
                      .code = finding_code::kWrongValue});
}

// A parameter that two keys claim would be sent with one value only, so it is refused. Two may share one: what a
// template replaces, and a delta token that goes where page tokens go.
void check_claims(const Object& object, const Auth& auth, const std::string& path, Findings& findings) {
  Params claims;  // parameter -> who sends it
  const auto claim = [&](const std::string& param, const char* key) {
    if (param.empty()) return;
    const auto same = std::ranges::find(claims, param, &Params::value_type::first);
    if (same == claims.end()) return claims.emplace_back(param, key), void();
    report(findings, base::strcat(path, '.', key),
           base::strcat("query parameter ", param, " is already used by ", same->second));
  };
  const bool templated = object.cursor && !object.cursor->written_as.empty();
  claim(auth.param, "auth.param");
  for (const auto& [name, value] : object.params)
    if (!templated || name != object.cursor->param) claim(name, "params");
  claim(object.paging.param, "paging.param");
  claim(object.paging.size_param, "paging.size_param");
  for (const auto& [field, param] : object.filters)
    if (std::ranges::find(object.params, param, &Params::value_type::first) == object.params.end())
      claim(param, "filters");  // a parameter that has a value already gets another one
  if (!object.cursor) return;
  const Cursor& cursor = *object.cursor;
  if (!cursor.token || cursor.param != object.paging.param) claim(cursor.param, "cursor.param");
  claim(cursor.until_param, "cursor.until_param");
  claim(cursor.tie_param, "cursor.tie_param");
}

// Pages that are cut at the cursor of the last record.
void check_cut(const Object& object, const std::string& path, Findings& findings) {
  const bool keyset = object.paging.style == PageStyle::keyset && object.paging.field.empty();
  if (!keyset && object.paging.window == 0) return;
  const std::string where = base::strcat(path, keyset ? ".paging.style" : ".paging.window");
  const char* hint = "Add \"cursor\" with \"field\", \"param\" and, for \"window\", \"order\": \"ascending\".";
  if (!object.cursor || object.cursor->token || object.cursor->param.empty())
    return report(findings, where, "needs a cursor that is a field, to ask for what comes after it", hint);
  const Cursor& cursor = *object.cursor;
  if (cursor.order == CursorOrder::descending || (!keyset && cursor.order == CursorOrder::unknown))
    report(findings, where, "needs a listing in ascending order of the cursor", hint);
  const bool tied =
      !cursor.tie_break.empty() && (!cursor.tie_param.empty() || cursor.written_as.find("{tie}") != std::string::npos);
  const bool unique = cursor.format == CursorFormat::integer && !cursor.inclusive;
  if (keyset && !tied && !unique)
    report(findings, where, "needs \"tie_break\" and \"tie_param\" of the cursor, or {tie} in its template",
           "Without them records with equal cursors could not be told apart. An increasing id needs none: \"format\": "
           "\"integer\", \"inclusive\": false. To page by one field alone give \"param\" and \"field\".");
}

void check_tie(const Object& object, const std::string& path, Findings& findings) {
  if (!object.cursor || object.cursor->tie_break.empty()) return;
  if (object.paging.window > 0 || (object.paging.style == PageStyle::keyset && object.paging.field.empty())) return;
  report(findings, base::strcat(path, ".cursor.tie_break"),
         "is used only with paging style \"keyset\" by the cursor, or with \"window\"", "Remove it.");
}

// A delta token that is a URL takes the place of the first page's.
void check_delta(const Object& object, const std::string& path, Findings& findings) {
  if (!object.cursor || !object.cursor->token || !object.cursor->param.empty()) return;
  if (object.paging.style == PageStyle::next_url || object.paging.style == PageStyle::link) return;
  report(findings, base::strcat(path, ".cursor.param"), "is missing",
         "It is the query parameter that takes the token, like \"syncToken\"; with paging style \"next_url\" the token "
         "may "
         "be a URL and needs none.");
}

void check_parent(const Object& object, const std::string& path, Findings& findings) {
  const bool placed = object.path.find(kPlaceholder) != std::string::npos;
  if (!object.parent) {
    if (placed)
      report(findings, base::strcat(path, ".parent"), "is missing: the path has {parent}",
             "Add \"parent\": {\"object\": \"customers\", \"field\": \"id\"}.");
    return;
  }
  if (!placed)
    report(findings, base::strcat(path, ".path"), "does not say where the parent goes",
           "Write it like \"/customers/{parent}/orders\".");
  if (object.cursor && object.cursor->slice > 0)
    report(findings, base::strcat(path, ".cursor.slice"), "does not go with \"parent\"");
  if (object.cursor && object.cursor->token)
    report(findings, base::strcat(path, ".cursor.kind"), "\"token\" does not go with \"parent\"",
           "A token would belong to one parent only.");
}

void join_parent(Object& child, const Object& parent, Findings& findings) {
  const std::string path = path_join("objects", child.name);
  if (parent.parent)
    report(findings, path + ".parent.object", base::strcat("object ", parent.name, " stands below another itself"),
           "Only one level is read.");
  if (parent.paging.window > 0 || (parent.paging.style == PageStyle::keyset && parent.paging.field.empty()))
    report(findings, path + ".parent.object",
           base::strcat("the pages of ", parent.name, " are cut at its cursor, which cannot be done for parents"));
  if (!child.parent->incremental) return;
  if (child.cursor)
    return report(findings, path + ".cursor", "does not go with \"incremental\": true of the parent",
                  "Either the parents are asked what changed, or each for its changed records.");
  const bool usable = parent.cursor && !parent.cursor->token && !parent.cursor->param.empty() &&
                      parent.cursor->slice == 0 && parent.cursor->order != CursorOrder::descending;
  if (!usable)
    return report(
        findings, path + ".parent.incremental",
        base::strcat("needs a cursor of ", parent.name, " that is a field, not in slices, not in descending order"));
  child.cursor = parent.cursor;
}

}  // namespace

void check_object(const Object& object, const Auth& auth, const std::string& path, Findings& findings) {
  check_claims(object, auth, path, findings);
  check_cut(object, path, findings);
  check_tie(object, path, findings);
  check_delta(object, path, findings);
  check_parent(object, path, findings);
}

std::optional<Parent> read_parent(const base::Json& json, const std::string& path, Findings& findings) {
  ObjectReader in(json, path, kParentKeys, findings);
  if (!json.is_object()) return std::nullopt;
  if (in.find("object") == nullptr) in.missing("object", "It is the object whose records are the parents.");
  Parent parent;
  parent.object = in.text("object").value_or("");
  parent.field = in.text("field").value_or("id");
  parent.as = in.text("as").value_or(base::strcat("parent.", parent.field));
  if (const auto missing = in.choice("missing", kMissing)) parent.missing_empty = *missing == 1;
  parent.incremental = in.boolean("incremental").value_or(false);
  return parent;
}

void join_parents(Api& api, Completeness completeness, Findings& findings) {
  for (Object& child : api.objects) {
    if (!child.parent || child.parent->object.empty()) continue;
    const Object* parent = api.object(child.parent->object);
    if (parent != nullptr && parent != &child) {
      join_parent(child, *parent, findings);
    } else if (parent != nullptr || completeness == Completeness::connection) {
      std::vector<std::string_view> names;
      for (const Object& known : api.objects) names.push_back(known.name);
      report(findings, path_join("objects", child.name) + ".parent.object",
             parent != nullptr ? std::string("is the object itself")
                               : base::strcat("there is no object \"", child.parent->object, '"'),
             nearest_hint(child.parent->object, names, "Objects"));
    }
  }
}

}  // namespace tandem::core
