#include "table.h"

#include <stdlib.h>
#include <string.h>

static bool no_summary(struct rb_node *rb)
{
    (void)rb;
    return false;
}

static struct rb_tree tree = {.update = no_summary};
static size_t count;

static struct entry *entry_of(struct rb_node *rb)
{
    return (struct entry *)rb; // it is the first member
}

struct entry *table_find(const char *name)
{
    struct rb_node *rb = tree.root;
    while (rb) {
        const int order = strcmp(name, entry_of(rb)->name);
        if (order == 0) {
            return entry_of(rb);
        }
        rb = rb->child[order > 0];
    }
    return NULL;
}

struct entry *table_from(const char *name, bool behind)
{
    struct rb_node *rb = tree.root, *found = NULL;
    while (rb) {
        const int order = strcmp(name, entry_of(rb)->name);
        const bool is_before = order > 0 || (behind && order == 0);
        if (!is_before) {
            found = rb;
        }
        rb = rb->child[is_before];
    }
    return found ? entry_of(found) : NULL;
}

struct entry *table_next(struct entry *entry)
{
    struct rb_node *rb = rb_neighbour(&tree, &entry->rb, 1);
    return rb ? entry_of(rb) : NULL;
}

static void insert(struct entry *entry)
{
    struct rb_node *parent = NULL, *rb = tree.root;
    unsigned side = 0;
    while (rb) {
        parent = rb;
        side = strcmp(entry->name, entry_of(rb)->name) > 0;
        rb = rb->child[side];
    }
    rb_insert(&tree, &entry->rb, parent, side);
}

struct entry *table_add(struct holder *holder, const char *name, const char *properties, coreid_t core,
                        domainid_t pid, uint32_t instance)
{
    const size_t property_bytes = strlen(properties) + 1;
    struct entry *entry = malloc(sizeof(*entry) + property_bytes);
    if (!entry) {
        return NULL;
    }
    *entry = (struct entry){
        .holder = holder,
        .core = core,
        .pid = pid,
        .instance = instance,
    };
    strncpy(entry->name, name, sizeof(entry->name) - 1);
    memcpy(entry->properties, properties, property_bytes);
    links_add(&holder->entries, &entry->of_holder);
    holder->count++;
    insert(entry);
    count++;
    return entry;
}

struct entry *table_of(const struct holder *holder)
{
    return holder->entries ? LINKS_OWNER(holder->entries, struct entry, of_holder) : NULL;
}

void table_remove(struct entry *entry)
{
    rb_remove(&tree, &entry->rb);
    links_remove(&entry->of_holder);
    entry->holder->count--;
    count--;
    free(entry);
}

size_t table_count(void)
{
    return count;
}
