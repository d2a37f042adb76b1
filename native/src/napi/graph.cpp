#include "napi/modules.hpp"

namespace pinsage::binding {

void init_graph(Napi::Env, Napi::Object) {}

}  // namespace pinsage::binding
