#include "sim/history/value.hpp"

namespace sim {

Value::Value(List list) : kind_(Kind::list) { held_.list = new List(std::move(list)); }
Value::Value(std::string text) : kind_(Kind::text) { held_.text = new std::string(std::move(text)); }

void Value::copy() {
  if (kind_ == Kind::list) {
    held_.list = new List(*held_.list);
  } else {
    held_.text = new std::string(*held_.text);
  }
}

void Value::destroy() {
  if (kind_ == Kind::list) {
    delete held_.list;
  } else {
    delete held_.text;
  }
}

bool Value::equals(const Value& other) const {
  return kind_ == Kind::list ? *held_.list == *other.held_.list : *held_.text == *other.held_.text;
}

}  // namespace sim
