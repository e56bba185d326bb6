"""What is wrong with an answer, in the words of nn/gradcheck/hints.py."""
import numpy as np

from nn.gradcheck.hints import Hints


@np.errstate(all='ignore')
def explain(inputs, given, right, again=None):
    """What is wrong with the answers `given` (name -> array) where `right` are the right ones; ''
    where nothing is. again(inputs): the right answers for other inputs, or None."""
    lines = []
    for name, wanted in right.items():
        if name not in given:
            lines.append(f'{name}: there is none')
        elif complaint := _difference(given[name], wanted):
            if hint := _hint(name, inputs, given[name], right, again):
                complaint = f'looks like this: {hint}'
            lines.append(f'{name}: {complaint}')
    return '; '.join(lines)


def summary(says):
    """One line of what is said of the cases of a part (case -> complaint, '' where it is right)."""
    wrong = {case: text for case, text in says.items() if text}
    right = ', '.join(case for case in says if case not in wrong)
    if not wrong:
        return ''
    case, text = next(iter(wrong.items()))
    if not right and set(wrong.values()) == {text}:
        return text
    return f'{case}: {text}' + (f' (right for: {right})' if right else '')


def _difference(given, wanted):
    if given.shape != wanted.shape:
        return f'its shape is {given.shape}, and should be {wanted.shape}'
    if wanted.dtype.kind == 'f' and given.dtype != wanted.dtype:
        return f'it is {given.dtype}, and should be {wanted.dtype}'
    if wanted.dtype == given.dtype == bool and not wanted.ndim:
        return '' if given == wanted else f'it is {given}, and should be {wanted}'
    one, other = given.astype(float), wanted.astype(float)
    limit = (1e-4 if wanted.dtype == np.float32 else 1e-7) * np.abs(other).max(initial=0)
    wrong = ~(np.abs(one - other) <= limit)         # a NaN is wrong
    if not wrong.any():
        return ''
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f' at {index}' if index else ''
    digits = 6 if f'{one[index]:.6g}' != f'{other[index]:.6g}' else 12
    return (f'it is {one[index]:.{digits}g}{where}, and should be {other[index]:.{digits}g}'
            + f' ({int(wrong.sum())} of {wrong.size} elements are wrong)' * (wrong.size > 1))


def _hint(name, inputs, given, right, again):
    if right[name].dtype.kind != 'f' or not np.isfinite(given).all():
        return ''
    names = {label: other for other in right if (label := _label(other, inputs))}
    label = _label(name, inputs)
    if not label:
        label, names = name, {name: name}
    dy = [inputs['dy']] if 'dy' in inputs else []

    def gradient_of(label, others):
        if others is dy:
            return right[names[label]]
        if again is None:
            return np.full(right[names[label]].shape, np.nan)
        return again(inputs | {'dy': others[0]})[names[label]]

    images = next((len(x) for x in (*dy, *inputs.values()) if getattr(x, 'ndim', 0)), 1)
    return Hints(gradient_of, dy, {label: right[name] for label, name in names.items()},
                 images).line(label, given.astype(float))


def _label(name, inputs):
    """What a gradient is called in hints; '' for other answers."""
    if name.startswith('grads[') and name.endswith("']"):
        return name[len("grads['"):-len("']")]
    return f'input {name[1:]}' if name[0] == 'd' and name[1:] in inputs else ''
