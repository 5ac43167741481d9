import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from geo.field_errors import first_error


class Inner(BaseModel):
    width: float = Field(gt=0)


class Outer(BaseModel):
    inner: list[Inner]
    name: str

    @field_validator("name")
    @classmethod
    def _is_short(cls, value):
        if len(value) > 3:
            raise ValueError("has more than 3 letters")
        return value


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"inner": []}, "name: missing"),
        ({"inner": [{"width": 0}], "name": "a"}, "inner.0.width: Input should be greater than 0"),
        ({"inner": [], "name": "long"}, "name: has more than 3 letters"),
        (None, "the whole file: Input should be a valid dictionary or instance of Outer"),
    ],
)
def test_a_field_and_what_is_wrong_with_it(given, expected):
    with pytest.raises(ValidationError) as error:
        Outer.model_validate(given)
    assert first_error(error.value) == expected
