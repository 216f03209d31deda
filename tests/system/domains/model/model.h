/**
 * The domain `model`: random operations on real capabilities, beside a model that is an array of slots and
 * knows nothing of trees, links and the order of checks. After each operation every slot is what the model
 * says.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "../check.h"

#include <aos/aos.h>
#include <stdbool.h>

#define MODEL_SLOTS 40
#define NOWHERE     (-1)

struct model_slot {
    enum objtype type;
    genpaddr_t base;
    gensize_t bytes;
    unsigned rights;
    int partner; ///< Slot of its mapping, or of what it maps.
};

extern struct model_slot model[MODEL_SLOTS];

static inline bool is_mapping(const struct model_slot *slot)
{
    return slot->type == ObjType_Frame_Mapping;
}

static inline bool overlaps(const struct model_slot *slot, genpaddr_t begin, genpaddr_t end)
{
    return slot->base < end && slot->base + slot->bytes > begin;
}

/// Something lives in [begin, end) that can have been made from `source`.
bool model_is_used(const struct model_slot *source, genpaddr_t begin, genpaddr_t end);

/// What must be gone after the object of `source` was revoked.
bool model_goes_with(int slot, int source);

/// Empties a slot, with its mapping, or what is mapped in a page table that goes with it.
void model_forget(int slot);

#endif
