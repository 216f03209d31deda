/**
 * What names and properties look like. Everything here takes any bytes.
 */
#ifndef NAMES_CHECK_H
#define NAMES_CHECK_H

#include <abi/types.h>
#include <stdbool.h>
#include <stddef.h>

/* As in interfaces/names.rpc, which main.c compares. */
#define NAME_ROOM     48
#define PROPERTY_ROOM 256

/// Names that begin with this are init's.
#define RESERVED_PREFIX "system/"

/// 1 to NAME_ROOM - 1 printable characters and no spaces.
bool name_is_good(const char *name);

/// The same, or empty.
bool prefix_is_good(const char *prefix);

bool name_is_reserved(const char *name);

bool name_has_prefix(const char *name, const char *prefix);

/// key=value,key=value; without the keys that are the service's own.
bool properties_are_good(const char *properties);

/// The same, with those keys.
bool filter_is_good(const char *filter);

/// True if everything that a good filter asks for is so. \param properties good ones
bool properties_match(const char *properties, coreid_t core, domainid_t pid, const char *filter);

#endif
