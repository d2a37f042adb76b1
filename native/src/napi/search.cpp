#include "napi/modules.hpp"

namespace pinsage::binding {

void init_search(Napi::Env, Napi::Object) {}

}  // namespace pinsage::binding
