/**
 * The names, in their order: a red-black tree.
 */
#ifndef NAMES_TABLE_H
#define NAMES_TABLE_H

#include "check.h"
#include "links.h"

#include <collections/rb_tree.h>

/// A name. It belongs to a holder, with which it goes.
struct entry {
    struct rb_node rb;
    struct links of_holder;
    struct holder *holder;
    coreid_t core;
    domainid_t pid;
    uint32_t instance; ///< Among the services of its domain; 0: it is one of the system's.
    _Alignas(uint64_t) char name[NAME_ROOM]; ///< Compared by words, as what comes in calls is aligned, too.
    char properties[];
};

/// Who has entered names: the state of a session begins with it. All zero: none.
struct holder {
    struct links *entries;
    size_t count;
};

/**
 * Enters a name.
 *
 * \param name       a good one, which is in no entry
 * \param properties good ones
 * \return NULL if there is no memory
 */
struct entry *table_add(struct holder *holder, const char *name, const char *properties, coreid_t core,
                        domainid_t pid, uint32_t instance);

/// Any of the holder's, or NULL.
struct entry *table_of(const struct holder *holder);

/// Takes it out, and frees it.
void table_remove(struct entry *entry);

/// \return NULL if there is none
struct entry *table_find(const char *name);

/// The first one that is not before `name` in the order of bytes, or the first behind it.
struct entry *table_from(const char *name, bool behind);

/// The next in order, or NULL.
struct entry *table_next(struct entry *entry);

size_t table_count(void);

#endif
