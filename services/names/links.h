/**
 * Lists from which a member can be taken without knowing the list.
 */
#ifndef NAMES_LINKS_H
#define NAMES_LINKS_H

#include <stddef.h>

/// A place in a list: a member of what is listed.
struct links {
    struct links *next;
    struct links **from; ///< What points to it.
};

/// What the place is a member of. \param links not NULL
#define LINKS_OWNER(links, type, member) ((type *)((char *)(links)-offsetof(type, member)))

/// Puts it at the beginning.
static inline void links_add(struct links **list, struct links *links)
{
    *links = (struct links){.next = *list, .from = list};
    if (links->next) {
        links->next->from = &links->next;
    }
    *list = links;
}

static inline void links_remove(struct links *links)
{
    *links->from = links->next;
    if (links->next) {
        links->next->from = links->from;
    }
}

#endif
