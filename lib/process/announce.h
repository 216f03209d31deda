/**
 * Telling the host of a domain, so that traces and consoles name it.
 */
#ifndef LIB_PROCESS_ANNOUNCE_H
#define LIB_PROCESS_ANNOUNCE_H

#include <abi/types.h>

/// Sends a DOMAIN frame. Takes as long as the wire does. \param dispatcher its number in trace events
/// Only on the first core: it has the wire.
void domain_announce(uint32_t dispatcher, const char *name, domainid_t pid);

/// The same for a domain of another core.
void domain_announce_of(coreid_t core, uint32_t dispatcher, const char *name, domainid_t pid);

#endif
