#include "core/push/outcome_batch.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/strings.hpp"
#include "base/whole_number.hpp"
#include "core/codes.hpp"
#include "core/convert/json_elements.hpp"
#include "core/push/answer_rules.hpp"
#include "core/push/remedy.hpp"

namespace tandem::core {

namespace {

constexpr const char* kNoId = "it was taken, but the answer does not tell the id of the record";

// Where in an element the places of "batch" came to be.
struct Places {
  std::vector<base::FieldPath> fields = {};
  std::optional<std::size_t> where = {}, ok = {}, failed = {}, status = {}, version = {}, record = {};
  std::vector<std::size_t> id = {};

  std::optional<std::size_t> add(const BodyPath& path) {
    if (path.empty()) return std::nullopt;
    fields.push_back(field_at(path));
    return fields.size() - 1;
  }
};

Places places_of(const Write& write, const WriteCall& call) {
  Places out;
  const Batch& batch = call.batch;
  out.where = out.add(batch.where);
  out.ok = out.add(batch.ok);
  out.failed = out.add(batch.failed);
  out.status = out.add(batch.status);
  const BodyPath below = call.returns.value_or(BodyPath());
  if (call.id.given()) {
    if (const auto at = out.add(call.id.path)) out.id.push_back(*at);
  } else {
    for (const std::string& field : write.id) out.id.push_back(*out.add(path_below(below, field)));
  }
  if (!call.version.from.path.empty())
    out.version = out.add(call.version.from.path);
  else if (call.returns && !write.version.empty())
    out.version = out.add(path_below(below, write.version));
  if (call.returns) out.record = out.add(below);
  return out;
}

bool equals(const base::Value& value, const base::Json& wanted) {
  const std::string text = wanted.is_string() ? wanted.string() : wanted.dump();
  const bool scalar =
      value.kind == base::Kind::boolean || value.kind == base::Kind::number || value.kind == base::Kind::string;
  return scalar && value.text == text;
}

class BatchAnswer {
 public:
  BatchAnswer(const Write& write, const OutRequest& request, std::span<const OutChange> changes,
              const OutAnswer& answer)
      : write_(write),
        call_(*request.call),
        request_(request),
        changes_(changes),
        answer_(answer),
        outcomes_(request.changes.size()) {}

  std::optional<std::vector<Outcome>> read(bool success) {
    const Batch& batch = call_.batch;
    if (!success && !batch.failures && !batch.results) return std::nullopt;
    if (answer_.body == nullptr || base::trim(answer_.body->view()).empty())
      return success && (batch.results || !batch.ids.empty()) ? std::optional(lost("it is empty"))
                                                              : without_body(success);
    index_changes();
    if (const auto failures = read_failures(); !failures) return success ? std::optional(lost(problem_)) : std::nullopt;
    if (!success) return told() > 0 ? named_only() : std::nullopt;
    if (!batch.results && batch.ids.empty()) return rest_settled();
    if (!(batch.results ? read_results() : read_ids())) return lost(problem_);
    return finish();
  }

 private:
  std::optional<std::vector<Outcome>> without_body(bool success) {
    return success ? std::optional(rest_settled()) : std::nullopt;
  }

  // An error that names the records to blame: of the others nothing was done, and nothing is wrong with them. Nullopt:
  // it is not about records, but about the request.
  std::optional<std::vector<Outcome>> named_only() {
    const std::string_view body = base::trim(answer_.body->view());
    const Outcome all = outcome_of_refusal(write_, call_, answer_.status, body, said_in(body, call_.places), answer_);
    if (told() < outcomes_.size() && (all.kind == Outcome::Kind::later || all.kind == Outcome::Kind::ambiguous))
      return std::nullopt;
    if (shows_results()) return read_results() ? std::optional(finish()) : std::nullopt;
    for (auto& outcome : outcomes_)
      if (!outcome) outcome = not_taken();
    return finish();
  }

  bool shows_results() const {
    if (!call_.batch.results) return false;
    base::PageReader reader(*call_.batch.results, {}, {});
    base::TextArena arena;
    const auto page = reader.read(*answer_.body, arena);
    return page && page->records() > 0;
  }

  static Outcome not_taken() {
    return {.kind = Outcome::Kind::later,
            .error_type = error_type::kApi,
            .code = code::kRecordRefused,
            .message = "another record of the batch was refused, so none was taken",
            .counted = false};
  }

  std::vector<Outcome> rest_settled() {
    for (std::size_t i = 0; i < outcomes_.size(); ++i)
      if (!outcomes_[i]) outcomes_[i] = settled(change(i));
    return finish();
  }

  // Nobody can say which of them was done.
  std::vector<Outcome> lost(const std::string& why) const {
    return std::vector<Outcome>(
        outcomes_.size(), ambiguous(code::kResultsUnfit, base::strcat("the answer does not fit the ", outcomes_.size(),
                                                                      " records that were sent: ", why)));
  }

  std::vector<Outcome> finish() {
    std::vector<Outcome> out;
    const bool any_refused =
        std::ranges::any_of(outcomes_, [](const auto& o) { return o && o->kind != Outcome::Kind::settled; });
    for (const auto& outcome : outcomes_) {
      out.push_back(outcome ? *outcome
                            : ambiguous(code::kResultsUnfit, "the answer says nothing of this record of the batch"));
      // What was fine was not done either.
      if (call_.batch.atomic && any_refused && out.back().kind == Outcome::Kind::settled) out.back() = not_taken();
    }
    return out;
  }

  const OutChange& change(std::size_t i) const { return changes_[request_.changes[i]]; }
  std::size_t told() const {
    return static_cast<std::size_t>(std::ranges::count_if(outcomes_, [](const auto& o) { return o.has_value(); }));
  }
  bool problem(std::string text) { return problem_ = std::move(text), false; }

  std::string echo_of(std::size_t i) const {
    switch (call_.batch.echo_of) {
      case EchoOf::index:
        return std::to_string(i);
      case EchoOf::id:
        return change(i).remote_id;
      case EchoOf::key:
        return i < request_.keys.size() ? request_.keys[i] : std::string();
      case EchoOf::idempotency_key:
        return change(i).idempotency_key;
    }
    return {};  // not reached: the switch is exhaustive
  }

  void index_changes() {
    for (std::size_t i = 0; i < outcomes_.size(); ++i) by_echo_.emplace(echo_of(i), i);
  }

  // Which change an element is about, told by what stands at `where`.
  std::optional<std::size_t> find(MatchBy by, const base::Value& where) const {
    const std::string_view text = id_of_value(where);
    if (by == MatchBy::echo) {
      const auto found = by_echo_.find(std::string(text));
      return found == by_echo_.end() || text.empty() ? std::nullopt : std::optional(found->second);
    }
    const auto index = base::whole_number(text);
    if (!index || *index < call_.batch.index_base) return std::nullopt;
    const auto at = static_cast<std::size_t>(*index - call_.batch.index_base);
    return at < outcomes_.size() ? std::optional(at) : std::nullopt;
  }

  bool give(std::optional<std::size_t> at, Outcome outcome) {
    if (!at) return problem("a result cannot be told to belong to one of them");
    if (outcomes_[*at]) return problem("two results are about one of them");
    outcomes_[*at] = std::move(outcome);
    return true;
  }

  static int status_of(const base::Value* value) {
    const auto number = value == nullptr ? std::nullopt : base::whole_number(id_of_value(*value));
    return number && *number >= 100 && *number <= 599 ? static_cast<int>(*number) : 0;
  }

  Outcome refused(int status, std::string_view element, const ErrorPlaces& own) const {
    const bool given = !own.message.empty() || !own.code.empty() || !own.field.empty();
    return outcome_of_refusal(write_, call_, status, element, said_in(element, given ? own : call_.places), answer_);
  }

  bool read_failures() {
    if (!call_.batch.failures) return true;
    const BatchFailures& failures = *call_.batch.failures;
    const auto whole = BodyValues::read(answer_.body->view(), {failures.at});
    if (!whole) return problem(whole.error().text);
    if (!stands(whole->at(0))) return true;
    Places places;
    places.where = places.add(failures.where);
    places.status = places.add(failures.status);
    base::PageReader reader({.rule = base::RecordsAt::Rule::path, .path = failures.at}, places.fields, {});
    base::TextArena arena;
    const auto page = reader.read(*answer_.body, arena);
    if (!page) return problem(page.error().text);
    for (std::size_t i = 0; i < page->records(); ++i) {
      const auto values = page->record(i);
      const int status = status_of(places.status ? &values[*places.status] : nullptr);
      const auto at = places.where ? find(failures.by, values[*places.where]) : std::nullopt;
      if (at && outcomes_[*at]) continue;  // several complaints of one record: the first is told
      if (!give(at, refused(status, page->raw[i], failures.places))) return false;
    }
    return true;
  }

  bool read_results() {
    const Places places = places_of(write_, call_);
    base::PageReader reader(*call_.batch.results, places.fields, {});
    base::TextArena arena;
    const auto page = reader.read(*answer_.body, arena);
    if (!page) return problem(page.error().text);
    const std::size_t open = outcomes_.size() - told();
    if (call_.batch.by == MatchBy::order && page->records() != open)
      return problem(base::strcat("it has ", page->records(), " results for ", open));
    std::size_t next = 0;
    for (std::size_t i = 0; i < page->records(); ++i) {
      while (next < outcomes_.size() && outcomes_[next]) ++next;
      const auto values = page->record(i);
      const auto at =
          call_.batch.by == MatchBy::order ? std::optional(next) : find(call_.batch.by, values[*places.where]);
      if (!at) return problem("a result cannot be told to belong to one of them");
      if (!give(at, of_element(*at, values, page->raw[i], places))) return false;
    }
    return true;
  }

  Outcome of_element(std::size_t at, std::span<const base::Value> values, std::string_view raw,
                     const Places& places) const {
    const int status = status_of(places.status ? &values[*places.status] : nullptr);
    const bool failed = (places.ok && !equals(values[*places.ok], call_.batch.ok_equals)) ||
                        (places.failed && stands(values[*places.failed])) ||
                        (places.status && !call_.succeeded(status));
    if (failed) return refused(status, raw, {});
    Outcome out = settled(change(at));
    std::vector<std::string> parts;
    for (const std::size_t id : places.id) parts.emplace_back(id_of_value(values[id]));
    if (std::string id = joined_id(parts); !id.empty() && call_.op != OutChange::Op::remove) out.remote_id = id;
    if (places.version) out.version = std::string(id_of_value(values[*places.version]));
    if (places.record && values[*places.record].kind == base::Kind::json)
      out.record = std::string(values[*places.record].text);
    else if (call_.returns && call_.returns->empty())
      out.record = std::string(raw);
    if (out.remote_id.empty() && call_.op != OutChange::Op::remove && write_.needs_id())
      return ambiguous(code::kNoIdGiven, kNoId);
    return out;
  }

  // Plain ids in the order of the records.
  bool read_ids() {
    const auto body = BodyValues::read(answer_.body->view(), {call_.batch.ids});
    if (!body) return problem(body.error().text);
    const base::Value& array = body->at(0);
    if (array.kind != base::Kind::json || !array.text.starts_with('['))
      return problem(base::strcat("there is no array at \"", base::join(call_.batch.ids, "."), '"'));
    base::TextArena arena;
    std::vector<std::string> ids;
    JsonElements elements(array.text);
    while (const auto raw = elements.next()) ids.emplace_back(id_of_value(value_of_element(*raw, arena)));
    const std::size_t open = outcomes_.size() - told();
    if (ids.size() != open) return problem(base::strcat("it has ", ids.size(), " ids for ", open));
    std::size_t next = 0;
    for (std::string& id : ids) {
      while (outcomes_[next]) ++next;
      Outcome out = settled(change(next));
      if (id.empty())
        out = ambiguous(code::kNoIdGiven, kNoId);
      else
        out.remote_id = std::move(id);
      outcomes_[next] = std::move(out);
    }
    return true;
  }

  const Write& write_;
  const WriteCall& call_;
  const OutRequest& request_;
  std::span<const OutChange> changes_;
  const OutAnswer& answer_;
  std::vector<std::optional<Outcome>> outcomes_;
  std::unordered_map<std::string, std::size_t> by_echo_;
  std::string problem_;
};

}  // namespace

std::optional<std::vector<Outcome>> outcomes_of_batch(const Write& write, const OutRequest& request,
                                                      std::span<const OutChange> changes, const OutAnswer& answer,
                                                      bool success) {
  return BatchAnswer(write, request, changes, answer).read(success);
}

}  // namespace tandem::core
