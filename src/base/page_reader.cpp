#include "base/page_reader.hpp"

#include <simdjson.h>

#include <algorithm>

#include "base/field_trie.hpp"
#include "base/records_place.hpp"
#include "base/strings.hpp"

namespace tandem::base {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Of all values of a page together: a body of nothing but empty records must not
// become a hundred times its size.
constexpr std::size_t kMaxValues = 8'000'000;
// An index made for a larger body is not kept.
constexpr std::size_t kKeptCapacity = 16u << 20;

// Finds the tokens of a body. Only simdjson's first stage is used: it is the fast
// part, and it reports all that a strict second pass needs, whereas the second stages
// that simdjson offers either let bad tokens pass or cannot hand out raw numbers.
class TokenIndex {
 public:
  Result<JsonCursor> build(std::string_view body);
  // Gives back the memory that an unusually large body took.
  void trim() noexcept {
    if (capacity_ > kKeptCapacity) stage_.reset(), capacity_ = 0;
  }

 private:
  bool reserve(std::size_t size);

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage_;
  std::size_t capacity_ = 0;
};

// Takes the records one by one, as the two kinds of reading want them.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual bool record(JsonCursor& cursor) = 0;  // an object; passes it
  virtual void restart() = 0;
};

// Decides which of the arrays that a walk meets holds the records, and cuts it into
// records. A mistake in them only counts once it is sure that these are the records:
// with {"result": "ok", "items": [...]} they are not.
class RecordsReader final : public RecordsHook {
 public:
  RecordsReader(const RecordsAt& at, RecordSink& sink) : at_(at), sink_(sink) {}
  bool records(JsonCursor& cursor, int rank) override;
  void forget() override {
    rank_ = kNone;
    error_.reset();
    sink_.restart();
  }
  // After the walk: why there are no records, if so.
  [[nodiscard]] std::optional<Error> finish(const JsonCursor& start) const {
    if (rank_ == kNone) return records_missing(start, at_);
    return error_;
  }

 private:
  static constexpr int kNone = -1;
  const RecordsAt& at_;
  RecordSink& sink_;
  int rank_ = kNone;
  std::optional<Error> error_;
};

class PageSink final : public RecordSink {
 public:
  PageSink(FieldTrie& trie, std::span<const std::uint32_t> second_choice, TextArena& arena, Page& page)
      : trie_(trie), second_choice_(second_choice), arena_(arena), page_(page) {}
  bool record(JsonCursor& cursor) override;
  void restart() override { page_.values.clear(), page_.raw.clear(); }

 private:
  FieldTrie& trie_;
  std::span<const std::uint32_t> second_choice_;
  TextArena& arena_;
  Page& page_;
};

class DiscoverySink final : public RecordSink {
 public:
  DiscoverySink(TextArena& arena, std::size_t sample) : arena_(arena), sample_(sample) {}
  bool record(JsonCursor& cursor) override;
  void restart() override { found_.clear(), records_ = 0; }
  std::vector<PageReader::Found> take() { return std::move(found_); }

 private:
  void add(std::size_t first_of_record, std::string key, const Value& value);

  TextArena& arena_;
  std::size_t sample_;
  std::size_t records_ = 0;
  std::vector<PageReader::Found> found_;
};

Error not_json(std::string_view body) {
  constexpr std::size_t kShown = 40;
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  if (trim(body).empty()) return {Errc::protocol_violation, "the response is empty, not JSON"};
  return {
      Errc::protocol_violation,
      strcat("the response is not JSON: it begins with \"", printable_excerpt(body, kShown), "\""),
      {},
      "Check the address and the credentials: a page for people, such as a login form, may have come instead of data."};
}

Error not_indexed(simdjson::error_code code, std::string_view body, std::size_t origin) {
  if (const std::size_t at = invalid_utf8_at(body); at != std::string_view::npos)
    return {Errc::protocol_violation, strcat("the response is not valid UTF-8 at byte ", origin + at)};
  if (code == simdjson::UNCLOSED_STRING)
    return {Errc::protocol_violation,
            strcat("the response is not valid JSON: it ends at byte ", origin + body.size(), " within a string")};
  if (code == simdjson::UNESCAPED_CHARS)
    return {Errc::protocol_violation, "the response is not valid JSON: a string holds a control character"};
  return {Errc::protocol_violation, strcat("the response is not valid JSON: ", simdjson::error_message(code))};
}

}  // namespace

struct PageReader::Impl {
  RecordsAt at;
  std::size_t fields;
  std::vector<std::vector<std::string>> facts;
  FieldTrie body;    // records and facts
  FieldTrie record;  // fields, then what second_choice refers to
  std::vector<std::uint32_t>
      second_choice;  // fields whose literal key may be absent: output fields + i has the path's value
  TokenIndex index;
  std::size_t last_records = 0;  // pages resemble each other in size

  Impl(RecordsAt records_at, const std::vector<FieldPath>& wanted, std::vector<std::vector<std::string>> fact_paths);
  std::optional<Error> walk(const Buffer& buffer, TextArena& arena, RecordSink& sink, std::vector<Value>& fact_values);
  std::optional<Error> keep_facts(const std::vector<Value>& found, Page& page) const;
};

PageReader::PageReader(RecordsAt at, std::vector<FieldPath> fields, std::vector<std::vector<std::string>> facts)
    : impl_(std::make_unique<Impl>(std::move(at), fields, std::move(facts))) {}
PageReader::~PageReader() = default;
PageReader::PageReader(PageReader&&) noexcept = default;
PageReader& PageReader::operator=(PageReader&&) noexcept = default;

Result<Page> PageReader::read(const Buffer& body, TextArena& arena) {
  Page page;
  page.fields = impl_->fields;
  page.raw.reserve(impl_->last_records);
  page.values.reserve(impl_->last_records * page.fields + impl_->second_choice.size());
  PageSink sink(impl_->record, impl_->second_choice, arena, page);
  std::vector<Value> facts(impl_->facts.size());
  impl_->record.forget_keys();
  if (auto error = impl_->walk(body, arena, sink, facts)) return std::move(*error);
  if (auto error = impl_->keep_facts(facts, page)) return std::move(*error);
  impl_->last_records = page.records();
  return page;
}

Result<std::vector<PageReader::Found>> PageReader::read_all(const Buffer& body, TextArena& arena, std::size_t sample) {
  DiscoverySink sink(arena, sample);
  std::vector<Value> facts(impl_->facts.size());
  if (auto error = impl_->walk(body, arena, sink, facts)) return std::move(*error);
  return sink.take();
}

std::string page_reader_library() {
  return strcat("simdjson ", int{simdjson::SIMDJSON_VERSION_MAJOR}, ".", int{simdjson::SIMDJSON_VERSION_MINOR}, ".",
                int{simdjson::SIMDJSON_VERSION_REVISION});
}

PageReader::Impl::Impl(RecordsAt records_at, const std::vector<FieldPath>& wanted,
                       std::vector<std::vector<std::string>> fact_paths)
    : at(std::move(records_at)), fields(wanted.size()), facts(std::move(fact_paths)) {
  for (std::uint32_t i = 0; i < fields; ++i) {
    const FieldPath& field = wanted[i];
    record.want(field.whole_record() ? std::vector<std::string>{} : std::vector{field.literal}, i);
    if (field.path.empty() || field.path == std::vector{field.literal}) continue;
    record.want(field.path, static_cast<std::uint32_t>(fields + second_choice.size()));
    second_choice.push_back(i);
  }
  record.seal();

  for (std::uint32_t i = 0; i < facts.size(); ++i) body.want(facts[i], i);
  switch (at.rule) {
    case RecordsAt::Rule::root:
    case RecordsAt::Rule::object:
      body.want_records({}, 0);
      break;
    case RecordsAt::Rule::path:
      body.want_records(at.path, 0);
      break;
    case RecordsAt::Rule::first_of_known:
      for (int rank = 0; const std::string_view key : kKnownRecordKeys) body.want_records({std::string(key)}, rank++);
      break;
  }
  body.seal();
}

std::optional<Error> PageReader::Impl::walk(const Buffer& buffer, TextArena& arena, RecordSink& sink,
                                            std::vector<Value>& fact_values) {
  const std::string_view text = buffer.view();
  const std::size_t start =
      text.find_first_not_of(" \t\r\n", text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  const bool container = start != std::string_view::npos && (text[start] == '{' || text[start] == '[');
  Result<JsonCursor> indexed = index.build(text);
  if (!indexed) return container ? indexed.error() : not_json(text);

  JsonCursor cursor = *indexed;
  RecordsReader records(at, sink);
  body.forget_keys();
  bool valid = body.walk(cursor, arena, fact_values.data(), &records);
  if (valid && !cursor.at_end()) valid = cursor.fail("the end");
  std::optional<Error> error = valid ? records.finish(*indexed) : container ? cursor.error() : not_json(text);
  index.trim();
  return error;
}

std::optional<Error> PageReader::Impl::keep_facts(const std::vector<Value>& found, Page& page) const {
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::optional<std::string>& fact = page.facts.emplace_back();
    switch (found[i].kind) {
      case Kind::absent:
      case Kind::null:
        break;
      case Kind::boolean:
      case Kind::number:
      case Kind::string:
      case Kind::json:
        fact = std::string(found[i].text);
        break;
      case Kind::broken:
        return Error{Errc::protocol_violation,
                     strcat("the value at \"", join(facts[i], "."),
                            "\" of the response cannot be text: it holds \\u0000 or half a surrogate pair")};
    }
  }
  return std::nullopt;
}

namespace {

Result<JsonCursor> TokenIndex::build(std::string_view body) {
  const std::size_t origin = body.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  body.remove_prefix(origin);
  if (body.empty()) return not_json(body);
  if (!reserve(body.size()))
    return Error{Errc::limit_exceeded,
                 strcat("the response of ", body.size(), " bytes is too large to be read as JSON")};
  const auto code =
      stage_->stage1(reinterpret_cast<const std::uint8_t*>(body.data()), body.size(), simdjson::stage1_mode::regular);
  if (code != simdjson::SUCCESS) return not_indexed(code, body, origin);
  return JsonCursor(body, stage_->structural_indexes.get(), origin);
}

bool TokenIndex::reserve(std::size_t size) {
  if (size <= capacity_) return true;
  // Doubling, because every growth is a new allocation of four times this size; only
  // what a body really needs of it is ever touched.
  const std::size_t wanted = std::min(std::max(size, 2 * capacity_), simdjson::SIMDJSON_MAXSIZE_BYTES);
  if (size > wanted) return false;
  const auto code = simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1, stage_);
  capacity_ = code == simdjson::SUCCESS ? wanted : 0;
  return code == simdjson::SUCCESS;
}

bool RecordsReader::records(JsonCursor& cursor, int rank) {
  if (rank_ != kNone && rank > rank_) return cursor.skip();  // a better place has been read
  forget();
  rank_ = rank;
  const char first = cursor.peek();
  const bool single = at_.rule == RecordsAt::Rule::object;
  if (first != (single ? '{' : '[')) {
    error_ = records_not_array(at_, rank, first);
    return cursor.skip();
  }
  if (single) return sink_.record(cursor);
  return cursor.array([&](std::size_t position) {
    if (!error_ && cursor.peek() != '{') error_ = record_not_object(at_, rank_, position, cursor.peek());
    return error_ ? cursor.skip() : sink_.record(cursor);
  });
}

bool PageSink::record(JsonCursor& cursor) {
  const std::size_t row = page_.values.size();
  const std::size_t end = row + page_.fields;
  if (end + page_.records() > kMaxValues)
    return cursor.fail_limit(strcat("the response has more than ", kMaxValues, " values"), "Ask for smaller pages.");
  page_.values.resize(end + second_choice_.size());
  const std::size_t begin = cursor.position();
  if (!trie_.walk(cursor, arena_, page_.values.data() + row, nullptr)) return false;
  page_.raw.push_back(cursor.since(begin));
  for (std::size_t i = 0; i < second_choice_.size(); ++i) {
    Value& value = page_.values[row + second_choice_[i]];
    if (value.kind == Kind::absent) value = page_.values[end + i];
  }
  page_.values.resize(end);
  return true;
}

bool DiscoverySink::record(JsonCursor& cursor) {
  if (records_ == sample_) return cursor.skip();
  const std::size_t first = found_.size();
  const bool passed = cursor.object([&](std::string_view raw_key) {
    const bool escaped = cursor.has_escape(raw_key);
    Value value;
    if (!cursor.read(value, arena_)) return false;
    // A key that is no text can be neither a column nor named in a mapping.
    if (auto key = escaped ? unescape(raw_key) : std::string(raw_key)) add(first, std::move(*key), value);
    return true;
  });
  ++records_;
  return passed;
}

void DiscoverySink::add(std::size_t first_of_record, std::string key, const Value& value) {
  const auto begin = found_.begin() + static_cast<std::ptrdiff_t>(first_of_record);
  const auto same = std::find_if(begin, found_.end(), [&](const PageReader::Found& f) { return f.key == key; });
  if (same != found_.end()) {
    same->value = value;
  } else {
    found_.push_back({records_, std::move(key), value});
  }
}

}  // namespace
}  // namespace tandem::base
