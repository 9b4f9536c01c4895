// The same door as pg/postgres.hpp, with the headers for reading catalogs row by row:
// only the few files that cannot go through SPI need them. Include it last.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "access/genam.h"
#include "access/heapam.h"
#include "access/tableam.h"
#include "commands/defrem.h"
}
