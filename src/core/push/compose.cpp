#include "core/push/compose.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/push/compiled_call.hpp"
#include "core/push/idempotency.hpp"

namespace tandem::core {

namespace {

constexpr std::size_t kOps = 4;

// Field by field what a change brings, as templates ask for it. The idempotency key may stand among its fields.
class ValueTable {
 public:
  ValueTable(const OutShape& shape, std::optional<std::size_t> key)
      : values_(shape.fields()), sent_(shape.fields()), rest_(shape.fields()), key_(key) {}

  void fill(const OutChange& change, const CompiledCall& call) {
    for (auto* table : {&values_, &sent_, &rest_}) std::ranges::fill(*table, nullptr);
    any_ = false;
    for (const OutValue& value : change.record) {
      values_[value.field] = &value;
      if (!call.sends[value.field]) continue;
      sent_[value.field] = &value;
      if (value.field != key_) rest_[value.field] = &value;
      any_ = true;
    }
    if (!call.idempotency_field) return;
    stamp_ = {.field = *call.idempotency_field, .kind = OutValue::Kind::string, .text = change.idempotency_key};
    sent_[stamp_.field] = rest_[stamp_.field] = &stamp_;
  }
  void show(PrintScope& scope) const {
    scope.values = values_;
    scope.sent = sent_;
    scope.rest = rest_;
    scope.key = key_;
  }
  [[nodiscard]] bool any() const noexcept { return any_; }
  [[nodiscard]] std::string_view key_text() const {
    return key_ && values_[*key_] != nullptr ? plain_text(*values_[*key_]) : std::string_view();
  }

 private:
  std::vector<const OutValue*> values_, sent_, rest_;
  std::optional<std::size_t> key_;
  OutValue stamp_ = {};
  bool any_ = false;
};

Unsendable unsendable(std::size_t change, const Slot& slot) {
  const std::string what = slot_text(slot);
  return {.change = change,
          .code = code::kNotSendable,
          .message = base::strcat("the request needs ", what, ", and the change has none"),
          .suggestion = slot.name == Slot::Name::id
                            ? "Its id at the other side is not known: tandem.resolve_sync_error(…, remote_id => '…')."
                            : "Give the column a value, or correct the paths of the connector's \"write\"."};
}

Unsendable too_large(std::size_t change, std::size_t bytes, std::int64_t most) {
  return {.change = change,
          .code = code::kTooLargeToSend,
          .message = base::strcat("the record takes ", bytes, " bytes, and the other side takes ", most),
          .suggestion = "Leave large columns out of the mapping, or raise \"max_bytes\" of the connector's \"batch\"."};
}

// What is being packed into one request.
struct Open {
  OutRequest request = {};
  std::string records = {}, ids = {}, keys = {};
  std::unordered_set<std::string> seen = {};  // one record stands in a batch once
  std::size_t overhead = 0;
};

}  // namespace

struct Composer::Impl {
  std::shared_ptr<const Write> write;
  OutShape shape;
  std::optional<std::size_t> key;
  std::array<std::optional<CompiledCall>, kOps> calls;

  Impl(std::shared_ptr<const Write> of, const std::vector<std::string>& fields)
      : write(std::move(of)), shape(fields), key(shape.find(write->key)) {}
  base::Result<OutRequest> read(const ReadCall& call, const OutChange& change, const PushFacts& facts) const;
};

namespace {

class Packer {
 public:
  Packer(const OutShape& shape, std::optional<std::size_t> key, const PushFacts& facts,
         std::span<const OutChange> changes)
      : shape_(shape), facts_(facts), changes_(changes), table_(shape, key) {}

  void add(std::size_t at, const CompiledCall& call) {
    const OutChange& change = changes_[at];
    table_.fill(change, call);
    if (change.op == OutChange::Op::update && !table_.any()) return out_.nothing.push_back(at);
    if (!call.call->batched()) return alone(at, call);
    Open& open = open_[static_cast<std::size_t>(change.op)];
    if (call.call->format == WriteFormat::csv)
      line(at, call, open);
    else
      element(at, call, open);
  }

  Composed finish(const std::array<std::optional<CompiledCall>, kOps>& calls) {
    for (std::size_t op = 0; op < kOps; ++op)
      if (calls[op]) flush(*calls[op], open_[op]);
    return std::move(out_);
  }

 private:
  PrintScope scope(const CompiledCall& call, const OutChange* change) const {
    PrintScope out{.shape = shape_, .facts = facts_, .change = change, .nulls = call.call->nulls};
    table_.show(out);
    return out;
  }

  void alone(std::size_t at, const CompiledCall& call) {
    const PrintScope here = scope(call, &changes_[at]);
    OutRequest request;
    request.changes = {at};
    Printed failed = call.print_head(here, request);
    if (!failed) failed = call.print_each(here, request);
    if (!failed && call.call->format == WriteFormat::csv && call.has_body()) failed = csv(call, {at}, request.body);
    if (!failed) failed = call.print_body(here, request.body);
    if (failed) return out_.unsendable.push_back(unsendable(at, failed->slot));
    request.id = changes_[at].idempotency_key;
    out_.requests.push_back(std::move(request));
  }

  void element(std::size_t at, const CompiledCall& call, Open& open) {
    const std::int64_t most = call.call->batch.max_bytes;
    prepare(at, call, open);
    const std::size_t before = open.records.size();
    const std::size_t params = open.request.params.size();
    if (before > 1) open.records.push_back(',');
    PrintScope here = scope(call, &changes_[at]);
    here.index = open.request.changes.size();
    Printed failed = call.print_each(here, open.request);
    if (!failed && call.has_body()) failed = call.element.print(here, open.records);
    if (failed) {
      open.records.resize(before);
      open.request.params.resize(params);
      return out_.unsendable.push_back(unsendable(at, failed->slot));
    }
    const std::size_t bytes = open.records.size() + open.overhead;
    if (most > 0 && bytes > static_cast<std::size_t>(most)) {
      open.records.resize(before);
      open.request.params.resize(params);
      if (open.request.changes.empty()) return out_.unsendable.push_back(too_large(at, bytes, most));
      flush(call, open);
      return element(at, call, open);  // the first of the next one
    }
    take(at, call, open);
  }

  void line(std::size_t at, const CompiledCall& call, Open& open) {
    prepare(at, call, open);
    table_.fill(changes_[at], call);  // a table that was flushed meanwhile has used it
    std::string probe;
    const PrintScope here = scope(call, &changes_[at]);
    const std::vector<bool> all(shape_.fields(), true);
    if (Printed failed = call.flat.print_line(here, all, call.call->null_text, probe))
      return out_.unsendable.push_back(unsendable(at, failed->slot));
    const std::int64_t most = call.call->batch.max_bytes;
    if (most > 0 && open.overhead + probe.size() > static_cast<std::size_t>(most)) {
      if (open.request.changes.empty()) return out_.unsendable.push_back(too_large(at, probe.size(), most));
      flush(call, open);
      return line(at, call, open);
    }
    open.overhead += probe.size();
    take(at, call, open);
  }

  // Room in the open request for the change.
  void prepare(std::size_t at, const CompiledCall& call, Open& open) {
    const bool again = !open.request.changes.empty() && open.seen.contains(name_of(at));
    if (again) {
      flush(call, open);
      table_.fill(changes_[at], call);
    }
    if (!open.request.changes.empty() || !open.records.empty()) return;
    open.records = "[";
    std::string body;
    PrintScope whole = scope(call, nullptr);
    (void)call.print_body(whole, body);
    open.overhead = body.size() + 1;
  }

  // Empty: nothing names the record, so it cannot come twice.
  std::string name_of(std::size_t at) const {
    const OutChange& change = changes_[at];
    if (!change.remote_id.empty()) return base::strcat('i', change.remote_id);
    const std::string_view key = change.op == OutChange::Op::upsert ? table_.key_text() : std::string_view();
    return key.empty() ? std::string() : base::strcat('k', key);
  }

  void take(std::size_t at, const CompiledCall& call, Open& open) {
    open.request.changes.push_back(at);
    if (std::string name = name_of(at); !name.empty()) open.seen.insert(std::move(name));
    const auto append = [](std::string& list, std::string_view text) {
      if (text.empty()) return;
      if (!list.empty()) list.push_back(',');
      list.append(text);
    };
    append(open.ids, changes_[at].remote_id);
    append(open.keys, table_.key_text());
    if (call.call->batch.echo_of == EchoOf::key) open.request.keys.emplace_back(table_.key_text());
    if (open.request.changes.size() == static_cast<std::size_t>(call.call->batch.size)) flush(call, open);
  }

  void flush(const CompiledCall& call, Open& open) {
    Open done = std::exchange(open, {});
    if (done.request.changes.empty()) return;
    if (call.call->format != WriteFormat::csv) done.records.push_back(']');
    PrintScope whole = scope(call, nullptr);
    whole.records = done.records;
    whole.ids = done.ids;
    whole.keys = done.keys;
    whole.count = done.request.changes.size();
    Params each = std::move(done.request.params);
    done.request.params.clear();
    Printed failed = call.print_head(whole, done.request);
    std::ranges::move(each, std::back_inserter(done.request.params));
    done.request.body.reserve(done.records.size() + 256);
    if (!failed)
      failed = call.call->format == WriteFormat::csv ? csv(call, done.request.changes, done.request.body)
                                                     : call.print_body(whole, done.request.body);
    done.request.id = id_of(done.request.changes);
    if (!failed) return out_.requests.push_back(std::move(done.request));
    for (const std::size_t at : done.request.changes) out_.unsendable.push_back(unsendable(at, failed->slot));
  }

  std::string id_of(const std::vector<std::size_t>& of) const {
    std::string keys;
    for (const std::size_t at : of) keys += changes_[at].idempotency_key + '\n';
    return idempotency_key("", keys, 0);
  }

  // One table: its columns are the fields that any of the records has.
  Printed csv(const CompiledCall& call, const std::vector<std::size_t>& of, std::string& out) {
    std::vector<bool> fields(shape_.fields());
    for (const std::size_t at : of)
      for (const OutValue& value : changes_[at].record)
        if (call.sends[value.field]) fields[value.field] = true;
    if (call.idempotency_field) fields[*call.idempotency_field] = true;
    std::size_t index = 0;
    for (const std::size_t at : of) {
      table_.fill(changes_[at], call);
      PrintScope here = scope(call, &changes_[at]);
      if (index == 0) call.flat.print_header(shape_, fields, here.key, out);
      here.index = index++;
      if (Printed failed = call.flat.print_line(here, fields, call.call->null_text, out)) return failed;
    }
    return std::nullopt;
  }

  const OutShape& shape_;
  const PushFacts& facts_;
  std::span<const OutChange> changes_;
  ValueTable table_;
  std::array<Open, kOps> open_ = {};
  Composed out_ = {};
};

}  // namespace

Composer::Composer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Composer::~Composer() = default;
Composer::Composer(Composer&&) noexcept = default;
Composer& Composer::operator=(Composer&&) noexcept = default;

base::Result<Composer> Composer::make(std::shared_ptr<const Write> write, std::vector<std::string> fields) {
  const auto want = [&](const std::string& field) {
    if (!field.empty() && std::ranges::find(fields, field) == fields.end()) fields.push_back(field);
  };
  want(write->key);
  for (const auto* call : {&write->create, &write->update, &write->upsert, &write->remove}) {
    if (!*call) continue;
    want((*call)->idempotency.field);
    // Without a value for it a change cannot be sent, and says so itself.
    std::ranges::for_each(write->named_fields((*call)->op), want);
  }
  auto impl = std::make_unique<Impl>(write, fields);
  for (const auto* call : {&write->create, &write->update, &write->upsert, &write->remove}) {
    if (!*call) continue;
    auto compiled = CompiledCall::compile(**call, *write, impl->shape);
    if (!compiled) return compiled.error();
    impl->calls[static_cast<std::size_t>((*call)->op)] = std::move(*compiled);
  }
  return Composer(std::move(impl));
}

Composed Composer::compose(std::span<const OutChange> changes, const PushFacts& facts) const {
  Packer packer(impl_->shape, impl_->key, facts, changes);
  for (std::size_t at = 0; at < changes.size(); ++at) {
    const auto& call = impl_->calls[static_cast<std::size_t>(changes[at].op)];
    if (!call) throw base::Failure(base::Errc::internal, "a change has an op that the manifest has no call for");
    packer.add(at, *call);
  }
  return packer.finish(impl_->calls);
}

base::Result<OutRequest> Composer::Impl::read(const ReadCall& call, const OutChange& change,
                                              const PushFacts& facts) const {
  CompiledCall none;
  none.sends.assign(shape.fields(), true);
  ValueTable table(shape, key);
  table.fill(change, none);
  PrintScope scope{.shape = shape, .facts = facts, .change = &change};
  table.show(scope);
  OutRequest request{.method = "GET"};
  const auto missing = [](const Slot& slot) {
    return base::Error{.code = base::Errc::prerequisite,
                       .text = base::strcat("the request needs ", slot_text(slot), ", and the change has none")};
  };
  auto path = TextTemplate::compile(call.path, shape);
  if (!path) return path.error();
  if (Printed failed = path->print(scope, TextTemplate::Escape::path, request.path)) return missing(failed->slot);
  for (const WriteParam& param : call.params) {
    auto value = TextTemplate::compile(param.value, shape);
    if (!value) return value.error();
    std::string text;
    if (Printed failed = value->print(scope, TextTemplate::Escape::none, text)) return missing(failed->slot);
    request.params.emplace_back(param.name, std::move(text));
  }
  request.changes = {0};
  return request;
}

base::Result<OutRequest> Composer::read(const OutChange& change, const PushFacts& facts) const {
  if (!impl_->write->read)
    return base::Error{.code = base::Errc::not_supported, .text = "the object's \"write\" has no \"read\""};
  return impl_->read(*impl_->write->read, change, facts);
}

base::Result<OutRequest> Composer::read_back(const OutChange& change, const PushFacts& facts) const {
  if (!impl_->write->read_back)
    return base::Error{.code = base::Errc::not_supported, .text = "the object's \"write\" has no \"read_back\""};
  return impl_->read(*impl_->write->read_back, change, facts);
}

const Write& Composer::write() const noexcept { return *impl_->write; }
const OutShape& Composer::shape() const noexcept { return impl_->shape; }

}  // namespace tandem::core
