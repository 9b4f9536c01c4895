// Everything that is decided once for a pull run: the API and object, the mapping, how
// pages are read, how rows are built and written, where it begins. Made in a short
// transaction before the first request; from then on a run asks the catalogs nothing.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/page_reader.hpp"
#include "core/api.hpp"
#include "core/mapping.hpp"
#include "core/paging.hpp"
#include "core/rows.hpp"
#include "core/watermark.hpp"
#include "pg/sql.hpp"
#include "store/apply.hpp"
#include "store/runs.hpp"
#include "worker/requests.hpp"

namespace tandem::worker {

struct PullPlan {
  store::RunSpec spec;
  core::Api api;
  core::Object object;  // with the mapping's page size
  core::Mapping mapping;
  store::WritePlan write;
  core::RowBuilder rows;
  base::PageReader reader;
  core::Pager pager;
  Credentials credentials;
  std::string pool;        // whose connections it uses
  bool contracts = false;  // (origin id, hash) of each record is kept
  bool gate = false;       // records whose hash is the kept one are passed over; not when everything was asked for
  std::optional<core::Watermark> watermark;
  std::unordered_set<std::string> open_faults;  // origin ids whose earlier error is settled when they go in
  std::optional<std::string> began;             // the source's clock when the listing began, as stored
  std::string listing;                          // what a stored position belongs to: path and parameters
  bool resumed = false;                         // it begins in the middle of a listing
  bool first_load = false;                      // the table was empty when the run began
};

// Somebody holds the table so that we would have to wait: the run is tried again later.
class TableBusy : public std::exception {
 public:
  explicit TableBusy(std::string table) : table_(std::move(table)) {}
  [[nodiscard]] const char* what() const noexcept override { return "table is locked"; }
  [[nodiscard]] const std::string& table() const noexcept { return table_; }

 private:
  std::string table_;
};

// Throws TableBusy; Failure (and pg::Error) when the run cannot be made: mapping and table no longer fit, rights are
// gone, …
[[nodiscard]] PullPlan make_pull_plan(pg::Sql& sql, store::RunSpec spec, pg::Oid owner);

// How a position is stored: {"at": …, "began": …}; `began` is the source's clock when the listing began.
[[nodiscard]] base::Json stored_position(const core::Position& position, const std::optional<std::string>& began);

// After the last page: {"end": true, "cursor": …}. A run that is taken anew there has nothing left to do but to end.
[[nodiscard]] base::Json end_position(const std::optional<core::Watermark>& watermark);

}  // namespace tandem::worker
