#include "worker/page_read.hpp"

#include "base/strings.hpp"
#include "core/rows/failures.hpp"
#include "net/url.hpp"
#include "worker/page_deletions.hpp"
#include "worker/schema_watch.hpp"

namespace tandem::worker {

namespace {

// RFC 8288 allows several Link headers.
std::string next_link(const net::Response& response) {
  for (const net::Header& header : response.headers)
    if (base::lower(header.name) == "link")
      if (std::string next = net::link_next(header.value); !next.empty()) return next;
  return {};
}

// Stands for which records these are: their ids, or their content where they have none.
std::uint64_t ids_of(const base::Page& page, const std::vector<std::size_t>& key) {
  std::uint64_t hash = 1;
  for (std::size_t i = 0; i < page.records(); ++i) {
    bool known = !key.empty();
    for (const std::size_t field : key) known = known && page.record(i)[field].kind != base::Kind::absent;
    if (!known) {
      hash = base::hash64(page.raw[i], hash);
      continue;
    }
    for (const std::size_t field : key) hash = base::hash64(page.record(i)[field].text, hash);
  }
  return hash;
}

// What stands in the parent's place is a field of each record below it, also of the record as it is kept.
void add_parent(const PullPlan& plan, const std::string& parent, LoadedPage& loaded) {
  if (parent.empty() || !plan.object.parent) return;
  const base::Value value = core::Listing::value_of_parent(parent, loaded.arena);
  const std::string first = base::strcat("{", base::Json(plan.object.parent->as).dump(), ":", parent);
  for (std::size_t i = 0; i < loaded.page.records(); ++i) {
    if (plan.fields.parent) loaded.page.values[i * loaded.page.fields + *plan.fields.parent] = value;
    const std::string_view rest = loaded.page.raw[i].substr(1);
    const bool none = base::trim(rest) == "}";
    loaded.page.raw[i] = loaded.arena.keep(base::strcat(first, none ? "" : ",", rest));
  }
}

}  // namespace

std::optional<core::RunFailure> read_page(PullPlan& plan, LoadedPage& loaded) {
  const bool in_feed = loaded.at.feed;
  const bool parents = plan.listing.of_parents(loaded.at);
  const bool nothing = loaded.response.status == 204 || (in_feed && plan.listing.feed_lost()) ||
                       plan.listing.parent_gone(loaded.at, loaded.response.status);
  if (!nothing && in_feed) {
    if (auto failure = read_deletions(plan, loaded)) return failure;
  } else if (!nothing) {
    base::PageReader& reader = parents ? *plan.parent_reader : plan.reader;
    base::Result<base::Page> page = reader.read(loaded.response.body, loaded.arena);
    if (!page) return core::failure_of_error(page.error());
    loaded.page = *std::move(page);
    if (!parents) {
      loaded.shape = sample_shape(plan, loaded);
      add_parent(plan, plan.listing.parent_of(loaded.at), loaded);
    }
  }
  const std::vector<std::size_t> parent_key{0};
  const std::size_t own = parents ? 0 : in_feed ? plan.feed_reader->rows.fields().size() : plan.rows.fields().size();
  core::Listing::Step step = plan.listing.read(
      loaded.at,
      {.page = loaded.page,
       .first_field = own,
       .link_next = next_link(loaded.response),
       .ids = in_feed ? ids_of(loaded.page, {}) : ids_of(loaded.page, parents ? parent_key : plan.key_fields),
       .nothing = nothing});
  if (step.failure) return std::move(step.failure);
  loaded.next = std::move(step.next);
  loaded.stored = std::move(step.stored);
  loaded.safe = std::move(step.safe);
  loaded.total = step.total;
  loaded.changed = std::move(step.changed);
  if (parents) loaded.page = base::Page{};
  return std::nullopt;
}

}  // namespace tandem::worker
