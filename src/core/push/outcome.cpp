#include "core/push/outcome.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/push/answer_body.hpp"
#include "core/push/answer_rules.hpp"
#include "core/push/outcome_batch.hpp"
#include "core/push/remedy.hpp"

namespace tandem::core {

namespace {

std::string_view body_of(const OutAnswer& answer) {
  return answer.body == nullptr ? std::string_view() : answer.body->view();
}

// What the header at a place says; of a Location the last segment, which is the id.
std::string from_header(const std::string& name, const OutAnswer& answer) {
  if (name.empty() || !answer.header) return {};
  std::string_view value = answer.header(name).value_or(std::string_view());
  if (base::lower(name) != "location") return std::string(value);
  value = value.substr(0, value.find_first_of("?#"));
  while (value.ends_with('/')) value.remove_suffix(1);
  return std::string(value.substr(value.rfind('/') + 1));
}

// Which places of the body are wanted, and where they came to be in BodyValues.
struct Wanted {
  std::vector<BodyPath> paths = {};
  std::size_t failed = 0;  // the first so many say whether it is a success
  std::vector<std::size_t> id = {};
  std::optional<std::size_t> version = {}, record = {};

  std::size_t add(BodyPath path) { return paths.push_back(std::move(path)), paths.size() - 1; }
};

Wanted wanted_of(const Write& write, const WriteCall& call) {
  Wanted out;
  for (const BodyPath& path : call.failed) out.add(path);
  if (call.failed.empty() && call.format == WriteFormat::graphql) out.add({"errors"});
  out.failed = out.paths.size();
  const BodyPath below = call.returns.value_or(BodyPath());
  if (call.id.given()) {
    if (!call.id.path.empty()) out.id.push_back(out.add(call.id.path));
  } else {
    for (const std::string& field : write.id) out.id.push_back(out.add(path_below(below, field)));
  }
  if (!call.version.from.path.empty())
    out.version = out.add(call.version.from.path);
  else if (call.returns && !write.version.empty())
    out.version = out.add(path_below(below, write.version));
  if (call.returns) out.record = out.add(below);
  return out;
}

// A success whose body cannot be read although it should say something.
Outcome unreadable(const Write& write, const WriteCall& call, const base::Error& error) {
  if (!replayable(write, call.op))
    return ambiguous(code::kUnknownOutcome,
                     base::strcat("it was answered, but not so that it can be read: ", error.text));
  return {.kind = Outcome::Kind::later,
          .error_type = error_type::kApi,
          .code = code::kUnreadable,
          .message = error.text,
          .suggestion = error.hint,
          .retryable = true};
}

void take_values(const BodyValues& body, const Wanted& wanted, Outcome& out) {
  std::vector<std::string> parts;
  for (const std::size_t at : wanted.id) parts.emplace_back(id_of_value(body.at(at)));
  if (std::string id = joined_id(parts); !id.empty()) out.remote_id = std::move(id);
  if (wanted.version) out.version = std::string(id_of_value(body.at(*wanted.version)));
  if (wanted.record && body.at(*wanted.record).kind == base::Kind::json)
    if (const std::string_view raw = body.at(*wanted.record).text; raw.starts_with('{')) out.record = std::string(raw);
}

Outcome of_one(const Write& write, const OutRequest& request, const OutChange& change, const OutAnswer& answer) {
  const WriteCall& call = *request.call;
  Outcome out = settled(change);
  if (call.op == OutChange::Op::remove && call.failed.empty() && call.format != WriteFormat::graphql) return out;
  const Wanted wanted = wanted_of(write, call);
  const std::string_view json = base::trim(body_of(answer));
  if (!json.empty() && !wanted.paths.empty()) {
    const auto body = BodyValues::read(json, wanted.paths);
    const bool needed = wanted.failed > 0 || call.returns || !call.id.path.empty() || !call.version.from.path.empty();
    if (!body && needed) return unreadable(write, call, body.error());
    for (std::size_t i = 0; body && i < wanted.failed; ++i)
      if (stands(body->at(i))) return outcome_of_refusal(write, call, 0, json, said_in(json, call.places), answer);
    if (body && call.op != OutChange::Op::remove) take_values(*body, wanted, out);
  }
  if (std::string id = from_header(call.id.header, answer); !id.empty()) out.remote_id = std::move(id);
  if (std::string version = from_header(call.version.from.header, answer); !version.empty()) out.version = version;
  if (out.remote_id.empty() && call.op != OutChange::Op::remove && write.needs_id())
    return ambiguous(code::kNoIdGiven, "it was taken, but the answer does not tell the id of the record");
  return out;
}

}  // namespace

BodyPath path_below(const BodyPath& at, const std::string& field) {
  const base::FieldPath parsed = base::FieldPath::parse(field);
  BodyPath out = at;
  if (parsed.path.empty())
    out.push_back(parsed.literal);
  else
    out.insert(out.end(), parsed.path.begin(), parsed.path.end());
  return out;
}

std::vector<Outcome> outcomes_of(const Write& write, const OutRequest& request, std::span<const OutChange> changes,
                                 const OutAnswer& answer) {
  const WriteCall& call = *request.call;
  const std::size_t n = request.changes.size();
  if (answer.error != nullptr) return std::vector<Outcome>(n, outcome_of_error(write, call, answer));
  const bool success = call.succeeded(answer.status);
  if (call.batched()) {
    if (auto each = outcomes_of_batch(write, request, changes, answer, success)) return std::move(*each);
  } else if (success) {
    return {of_one(write, request, changes[request.changes.front()], answer)};
  }
  const std::string_view body = body_of(answer);
  Outcome all = outcome_of_refusal(write, call, answer.status, body, said_in(body, call.places), answer);
  // Of one in a batch that is gone, or there already, the others know nothing.
  const bool of_each = all.kind == Outcome::Kind::later || all.kind == Outcome::Kind::ambiguous;
  if (n > 1 && !of_each) {
    all.kind = Outcome::Kind::refused;
    all.whole = true;
  }
  return std::vector<Outcome>(n, all);
}

base::Result<std::vector<std::string>> records_in(const ReadCall& call, const base::Buffer& body) {
  base::PageReader reader(call.records, {}, {});
  base::TextArena arena;
  const base::Result<base::Page> page = reader.read(body, arena);
  if (!page) return page.error();
  return std::vector<std::string>(page->raw.begin(), page->raw.end());
}

std::string id_of_record(const Write& write, std::string_view record) {
  std::vector<BodyPath> paths;
  for (const std::string& field : write.id) paths.push_back(path_below({}, field));
  const auto values = BodyValues::read(record, paths);
  if (!values) return {};
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < paths.size(); ++i) parts.emplace_back(id_of_value(values->at(i)));
  return joined_id(parts);
}

}  // namespace tandem::core
