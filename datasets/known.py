"""Which data set the files of MNIST's form are of, by their digests.

Fashion-MNIST and KMNIST come under the names of MNIST's files, as many images of the same size:
labels of one beside images of another fit in all but what they say.

References, of what is recognised beside MNIST: Xiao, Rasul and Vollgraf, 'Fashion-MNIST', 2017;
Clanuwat et al., 'Deep learning for classical Japanese literature' (KMNIST), 2018; Cohen et al.,
'EMNIST', 2017; Yadav and Bottou, 'Cold case: the lost MNIST digits' (QMNIST), 2019.
"""

from datasets.base import DataError
from datasets.contents import digest
from datasets.idx import idx_digest
from datasets.source import folder_of

# MD5, which is what is published, and enough to tell files apart. In the order of MNIST_FILES:
# training images, training labels, test images, test labels.
CONTENTS = {  # of the decompressed contents: recognised in any container
    'MNIST': ('6bbc9ace898e44ae57da46a324031adb', 'a25bea736e30d166cdddb491f175f624',
              '2646ac647ad5339dbf082846283269ea', '27ae3e4e09519cfbb04c329615203637'),
    'Fashion-MNIST': ('f4a8712d7a061bf5bd6d2ca38dc4d50a', '9018921c3c673c538a1fc5bad174d6f9',
                      '8181f5470baa50b63fa0f6fddb340f0a', '15d484375f8d13e6eb1aabb0c3f46965'),
    'KMNIST': ('92be26ec9822e900ac425d0a0aa84ced', '949e75301f8813e0dc5800dcc320fc52',
               'bf305b8cd328700fbc17f5acbc2856d2', '9f55f451c0988b028eccdf7d5cc265ab'),
}
GZIPPED = {  # of the .gz file that is handed out: recognised as long as it is not packed anew
    'KMNIST': ('bdb82020997e1d708af4cf47b453dcf7', 'e144d726b3acfaa3e44228e80efcd344',
               '5c965bf0a639b31b8f53240b1b52f4d7', '7320c461ea6c1c855c0b718fb2a4b134'),
    'EMNIST digits': ('d2662ecdc47895a6bbfce25de9e9a677', '2223fcfee618ac9c89ef20b6e48bcf9e',
                      'a159b8b3bd6ab4ed4793c1cb71a2f5cc', '8afde66ea51d865689083ba6bb779fac'),
    'EMNIST mnist': ('3663598a39195d030895b6304abb5065', '6c092f03c9bb63e678f80f8bc605fe37',
                     'fb51b6430fc4dd67deaada1bf25d4524', 'ae7f6be798a9a5d5f2bd32e078a402dd'),
    'QMNIST': ('ed72d4157d28c017586c42bc6afe6370', None,
               '1394631089c404de565df7b7aeaf9412', None),  # its labels are no unsigned bytes
}
# MNIST made again, image by image in the same order, so that MNIST's labels are right for it; and
# to test a model of MNIST on its 60,000 test images is what it is for.
SAME = {'QMNIST': 'MNIST'}


WHAT = ('training images', 'training labels', 'test images', 'test labels')


def known_set(paths, arrays):
    """Name of the data set that four files are of; None where one of them is not known.

    paths, and arrays in them: in the order of MNIST_FILES.
    Raises DataError, which says what each is, for files of two data sets, and for one in the place
    of another, as training images under the name of test images.
    """
    found = list(map(_recognise, paths, arrays))
    sets = {SAME.get(data_set, data_set) for data_set, _ in filter(None, found)}
    if len(sets) > 1 or any(one and one[1] != place for place, one in enumerate(found)):
        folder = folder_of(paths)
        what = ', '.join(
            f'{path.relative_to(folder)} holds the {WHAT[one[1]]} of {one[0]}'
            for path, one in zip(paths, found) if one
        )
        raise DataError(
            f'{folder}: files that do not belong together: {what}; take all four from one data '
            'set, under their own names'
        )
    if None in found:
        return None
    return ' and '.join(sorted({data_set for data_set, _ in found}))


def _recognise(path, array):
    """(data set, place among the four) of a file; None for one that is not known."""
    digests = idx_digest(array, 'md5'), digest(path, 'md5', packed=True)
    for data_set, known in (*CONTENTS.items(), *GZIPPED.items()):
        for place, md5 in enumerate(known):
            if md5 in digests:
                return data_set, place
    return None
