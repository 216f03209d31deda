/**
 * A model of the capability system that knows no tree, no links and no order of checks: an array of slots.
 */
#ifndef TEST_CAP_MODEL_H
#define TEST_CAP_MODEL_H

#include "arena.h"

#define MODEL_SLOTS 48
#define NOWHERE     (-1)

#define MODEL_MAPPING_ENTRIES 128 ///< Most entries of a mapping.

/// What the model knows of a slot.
struct model_slot {
    unsigned type;
    uint64_t base;
    uint64_t bytes;
    unsigned rights;
    uint64_t ring_offset;
    uint64_t ring_slots;                  ///< And its area, as they are given to a mint.
    int partner;                          ///< Slot of its mapping, or of what it maps.
    uint64_t offset;                      ///< Mapping: from where in the frame, ...
    uint8_t flags[MODEL_MAPPING_ENTRIES]; ///< ... and how, each entry.
};

/// The errors that an operation may return; empty means success.
struct verdict {
    errval_t errors[16];
    unsigned count;
};

extern struct cte *slots;                    ///< What is tested, ...
extern struct model_slot model[MODEL_SLOTS]; ///< ... and what it should be.

/// Starts over with no capability.
void model_reset(void);

/// A capability that comes from nowhere, in both.
void model_create(int slot, unsigned type, uint64_t base, uint64_t bytes);

/// Empties a slot; a mapping goes with what it maps.
void model_forget(int slot);

void refuse_if(struct verdict *verdict, bool condition, errval_t err);

/// True if the operation succeeded, as the verdict says. Fails the test if it says something else.
bool judge(const struct verdict *verdict, errval_t err, const char *operation);

bool model_is_mapping(unsigned type);
bool model_is_last_copy(int slot);

/// An endpoint that can only be moved, and whose dispatcher is told when it is deleted.
bool model_is_linked(int slot);

/// Something lives in [start, end) that can have come from `source`.
bool model_has_descendant_in(const struct model_slot *source, uint64_t start, uint64_t end);

/// `slot` is another copy of what `source` holds, or can have come from it.
bool model_goes_with(int slot, int source);

/// A mapping lies in these entries of a page table.
bool model_has_mapping_in(const struct model_slot *vnode, uint64_t entry, uint64_t count);

/// Every slot, and the database, are what the model says; the page tables too if asked.
void model_compare(bool page_tables);

#endif
