/**
 * Entering names and taking them out: the table, with all who are told of it.
 */
#ifndef NAMES_ENTRIES_H
#define NAMES_ENTRIES_H

#include "clients.h"

/// Enters a name that is in no entry, and tells everybody. The caller may have been cut off when this
/// returns, and the entry gone with it. \return LIB_ERR_MALLOC_FAIL if there is no memory
errval_t entry_add(struct holder *holder, const char *name, const char *properties, coreid_t core,
                   domainid_t pid, uint32_t instance);

/// Takes it out and tells everybody, who may be cut off by that. The holder's domain has one less, if it is a
/// client's: the caller counts before this.
void entry_remove(struct entry *entry);

#endif
